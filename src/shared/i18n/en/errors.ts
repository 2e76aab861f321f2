/** Three sentences for each code: what happened, what it means for the key or the file, what to do now. */
export const errors = {
  token: {
    none: {
      heading: 'There is no key',
      meaning: 'No plugged key was found. Nothing was stamped and the document is unchanged.',
      next: 'Plug in the key and try again after a few seconds. If it still is not found, check the drivers.',
    },
    'not-found': {
      heading: 'This key was not found',
      meaning: 'The chosen key is not among the plugged ones. The document is unchanged.',
      next: 'Plug in the chosen key, or choose one that is plugged in.',
    },
    removed: {
      heading: 'The key was pulled out',
      meaning: 'Nothing was stamped, the document is unchanged, and your PIN was not counted as wrong.',
      next: 'Plug the same key in again to go on.',
    },
    busy: {
      heading: 'The key is busy',
      meaning: 'It is still doing the job before. This one has not begun; the document is unchanged.',
      next: 'Wait for that job to end, then try again. Do not pull the key out meanwhile.',
    },
    'used-by-other': {
      heading: 'Another program is using the key',
      meaning:
        'The key is held by another program. Your PIN was not counted as wrong; the document is unchanged.',
      next: 'Close the web page or program that uses the key, then try again.',
    },
    failed: {
      heading: 'The driver did not finish',
      meaning: 'It is not your PIN: nothing was counted as wrong, and the document is unchanged.',
      next: 'Pull the key out, plug it in again and try once more. If it comes back, tell the maker or the authority the code below.',
    },
    'not-opened': {
      heading: 'The key cannot be opened',
      meaning: 'Often another program holds it. Nothing was counted as wrong, and the document is unchanged.',
      next: 'Close other programs and web pages that use the key, then try again. If that does not help, pull it out and plug it in again.',
    },
    'not-supported': {
      heading: 'This key cannot do that',
      meaning:
        'The key or its driver lacks this function. The key is not damaged and the document is unchanged.',
      next: 'Update the maker’s driver, or use a key that can.',
    },
    memory: {
      heading: 'The key has no room left',
      meaning:
        'The key or its driver lacks the room to finish. What is on the key and the document are unchanged.',
      next: 'Pull the key out, plug it in again and try once more. If it comes back, ask the authority.',
    },
    'not-initialized': {
      heading: 'This key is blank',
      meaning: 'The key was never initialized. There is no certificate on it and it cannot stamp.',
      next: 'Take it to the service counter or ask the authority to put a certificate on it.',
    },
    'pin-wrong': {
      heading: 'The PIN is wrong',
      meaning: 'The key has counted one wrong try. The document is unchanged. Several in a row lock the key.',
      next: 'Make sure that it is the PIN of this very key (not the SO PIN) before the next try. If you are not sure, ask your unit’s seal administrator.',
    },
    'pin-locked': {
      heading: 'The key is locked',
      meaning: 'Its certificates and seals are still there, and the document is unchanged.',
      next: 'Have it unlocked at the service counter or by the authority. Do not initialize the key.',
    },
    'pin-not-set': {
      heading: 'No PIN has been set',
      meaning: 'The key has no PIN and cannot stamp. The document is unchanged.',
      next: 'Have the PIN set at the service counter: the staff unlock the key, you choose the PIN.',
    },
    'pin-expired': {
      heading: 'The PIN must be changed first',
      meaning:
        'The key wants another PIN before it can be used. Nothing was counted as wrong; the document is unchanged.',
      next: 'Change the PIN now; afterwards the key can be used as before.',
    },
    'pin-length': {
      heading: 'The PIN has the wrong length',
      meaning:
        'It is shorter or longer than the key allows. The key did not check it and counted nothing as wrong.',
      next: 'Enter the PIN again with the length that the key asks for.',
    },
    'pin-invalid': {
      heading: 'The PIN has characters that cannot be used',
      meaning: 'The key does not take some of its characters. The document is unchanged.',
      next: 'Switch any input method off and enter letters and digits.',
    },
    'pin-cancelled': {
      heading: 'Cancelled',
      meaning: 'No PIN was entered. Nothing was stamped and nothing was changed.',
      next: 'Begin again when you want to.',
    },
    'pin-last-try': {
      heading: 'Last try, not confirmed yet',
      meaning:
        'One more wrong PIN locks the key, so the PIN is checked only once you confirm. Nothing was counted as wrong; the document is unchanged.',
      next: 'If you are sure of the PIN, try again and confirm. If not, ask your unit’s seal administrator.',
    },
    'key-missing': {
      heading: 'Its private key is not on this key',
      meaning:
        'The certificate’s private key is not on this key, so it cannot stamp. The document is unchanged.',
      next: 'Choose another certificate, or plug in the key that holds the private key.',
    },
    'mechanism-missing': {
      heading: 'The key lacks the signature algorithm',
      meaning:
        'This private key cannot sign with a sound algorithm. The key is not damaged; the document is unchanged.',
      next: 'Update the driver and try again, or ask the authority for another key.',
    },
    'signature-wrong': {
      heading: 'The key’s signature is wrong',
      meaning:
        'It does not match the certificate and was thrown away. No stamped file was left and the document is unchanged.',
      next: 'Pull the key out, plug it in again and try once more. If it comes back, stop using this key and ask the authority.',
    },
    'so-pin-wrong': {
      heading: 'The SO PIN is wrong',
      meaning:
        'The key has counted one wrong try for the SO PIN. Nothing on the key was changed. When the SO PIN locks, nobody can ever unlock this key again.',
      next: 'Compare the serial number with the list of SO PINs before the next try. If you are not sure, stop here.',
    },
    'so-pin-locked': {
      heading: 'The SO PIN is locked',
      meaning:
        'This cannot be undone: the key can no longer be unlocked or made new. As long as the user’s PIN works, it can still stamp.',
      next: 'Have another key issued and this one’s certificates revoked when they are no longer used.',
    },
    'so-pin-refused': {
      heading: 'The key does not take this SO PIN',
      meaning: 'Its length or its characters do not suit the key. Nothing on the key was changed.',
      next: 'Begin again with another SO PIN: digits and letters, of the length that the key asks for.',
    },
    'so-pin-last-try': {
      heading: 'Last try for the SO PIN, not confirmed yet',
      meaning:
        'One more wrong SO PIN ends this key for good, so it is checked only once you confirm. Nothing was counted as wrong.',
      next: 'Go on only if you are sure of the SO PIN. If not, stop and ask the authority.',
    },
    'so-pin-unconfirmed': {
      heading: 'The new SO PIN was not confirmed',
      meaning:
        'The key said that it took the new SO PIN, but then did not accept it. Which of the two holds is not known.',
      next: 'Keep both SO PINs. Plug the key in again and try the old one first, then the new one, once each.',
    },
    'new-pin-length': {
      heading: 'The new PIN has the wrong length',
      meaning: 'The key did not take the new PIN because it is too short or too long. The old one holds.',
      next: 'Choose a new PIN with the length that the key asks for.',
    },
    'new-pin-refused': {
      heading: 'The new PIN cannot be used',
      meaning:
        'It can be guessed too easily, or the key does not take it. The old one holds and nothing was counted as wrong.',
      next: 'Choose another new PIN: no sequence, no repeats, no date, not the one that the key came with.',
    },
    'still-locked': {
      heading: 'The key is still locked',
      meaning: 'The key took the new PIN but says that it is locked. Certificates and seals are still there.',
      next: 'Pull the key out, plug it in again and look at its state. If it is still locked, ask the maker.',
    },
    'hand-over-expired': {
      heading: 'Nobody took over in time',
      meaning:
        'The staff were logged in to the key and the new PIN was not set in time, so YinKey has logged out. Nothing on the key was changed.',
      next: 'Begin again when the key’s holder is there.',
    },
    'not-empty': {
      heading: 'This key is not empty',
      meaning:
        'It holds certificates, seals or keys, or may hold some that it does not show. Making it new would destroy them for good. Nothing was changed.',
      next: 'Make sure that this is the right key. To destroy what is on it, type its serial number.',
    },
    'serial-mismatch': {
      heading: 'The serial number does not match',
      meaning: 'What was typed is not the serial number of the plugged key. Nothing on the key was changed.',
      next: 'Read the serial number on the key itself and compare it with the screen.',
    },
    'label-too-long': {
      heading: 'The name is too long for the key',
      meaning:
        'A key has room for 32 bytes: 32 Latin letters or 10 Chinese characters. Nothing on the key was changed.',
      next: 'Choose a shorter name.',
    },
    'write-protected': {
      heading: 'The key is write-protected',
      meaning: 'The key does not let itself be changed. What is on it and its PINs are as they were.',
      next: 'Remove the write protection with the maker’s tool, or ask the authority.',
    },
    'act-over': {
      heading: 'The key has been logged out',
      meaning:
        'Nothing was asked of the key for ten minutes, or it was pulled in between. What was done before stays done.',
      next: 'Go on where you stopped; the PIN is asked once more.',
    },
    'act-unknown': {
      heading: 'It is not known whether the key was changed',
      meaning:
        'The key or its driver went away while the key was being changed. Certificates and seals are not affected.',
      next: 'Keep the old and the new PIN. Plug the key in again, look at its state and try the new PIN first, once.',
    },
  },
  driver: {
    'not-found': {
      heading: 'The driver’s file is gone',
      meaning: 'It may have been removed or moved. Its keys cannot be read; what is on them is not affected.',
      next: 'Install the maker’s driver again, or add the driver from its new place.',
    },
    'not-a-module': {
      heading: 'This file is not a driver',
      meaning: 'It is not a PKCS#11 module and was not loaded.',
      next: 'Choose the module of the maker’s driver: .dll on Windows, .dylib on macOS, .so on Linux.',
    },
    'wrong-architecture': {
      heading: 'The driver is for another processor',
      meaning: 'It was built for another processor or word size and cannot be loaded. The key is all right.',
      next: 'Install the version that fits YinKey, usually the 64-bit driver.',
    },
    'not-agreed': {
      heading: 'You have not agreed to this driver yet',
      meaning: 'A driver is loaded only with your agreement. Until then its keys cannot be read.',
      next: 'Look at the driver under Keys or Settings, make sure where it comes from, then agree.',
    },
    changed: {
      heading: 'The driver’s file has changed',
      meaning: 'It is not the file you agreed to, so it was not loaded. Its keys cannot be read for now.',
      next: 'If the driver was just updated, check it and agree again. If not, ask the maker first.',
    },
    'load-failed': {
      heading: 'The driver cannot be loaded',
      meaning:
        'The system could not load it, often because files it needs are missing. The key is all right.',
      next: 'Install the maker’s driver again, then restart the driver.',
    },
    'init-failed': {
      heading: 'The driver does not start',
      meaning: 'It was loaded but did not finish starting. What is on the key is not affected.',
      next: 'Close other programs that use keys, then restart the driver.',
    },
    failed: {
      heading: 'The driver did not finish',
      meaning: 'The driver reported an error. What is on the key is not affected; the document is unchanged.',
      next: 'Pull the key out, plug it in again, then restart the driver.',
    },
    crashed: {
      heading: 'The driver crashed',
      meaning: 'It failed in a process of its own. YinKey is not affected and the document is unchanged.',
      meaning_login:
        'It failed while the key was checking the PIN: the key may have counted one try. YinKey is not affected and the document is unchanged.',
      next: 'Try again; the driver is started anew. If it comes back, update the driver.',
      next_login:
        'Look at the PIN’s state first, make sure of the PIN, then try again; the driver is started anew.',
    },
    hung: {
      heading: 'The driver does not answer',
      meaning: 'It did not answer for a long time and its process was ended. The document is unchanged.',
      meaning_login:
        'It did not answer while the key was checking the PIN, and its process was ended: the key may have counted one try. The document is unchanged.',
      next: 'Pull the key out, plug it in again, and look at the PIN’s state before you try again.',
    },
    'set-aside': {
      heading: 'The driver was set aside',
      meaning:
        'It crashed or hung several times in a row and is no longer started by itself. Other drivers and their keys are not affected.',
      next: 'Pull the keys out, plug them in again, then restart the driver. If it comes back, update or remove the driver.',
    },
  },
  certificate: {
    superseded: {
      heading: 'This certificate was renewed',
      meaning:
        'A newer one has taken its place. What was stamped with the old one stays valid; new stamps use the newer one.',
      next: 'Choose the newer certificate.',
    },
    revoked: {
      heading: 'This certificate is revoked',
      meaning:
        'The authority has declared it invalid on {{date}}. A stamp made with it now would be invalid. The file is unchanged, and no PIN was asked for.',
      next: 'Choose another certificate. Ask the authority why it was revoked, and to reissue it.',
    },
    'not-a-certificate': {
      heading: 'No certificate in this file',
      meaning: 'The file holds no certificate, or more than one. Nothing on the key was changed.',
      next: 'Choose the certificate file (.cer, .crt or .pem) that the authority sent you.',
    },
    'no-key-on-token': {
      heading: 'This certificate does not belong to this key',
      meaning: 'Its private key is not on the key. Nothing was written.',
      next: 'Plug in the key for which the certificate was applied, then import it again.',
    },
    'serial-mismatch': {
      heading: 'The serial number is another one',
      meaning: 'What you typed is not this certificate’s serial number. Nothing was removed.',
      next: 'Compare it with the certificate’s details and type it again.',
    },
    none: {
      heading: 'There is no certificate on the key',
      meaning: 'No certificate could be read, so the key cannot stamp.',
      next: 'Ask the authority to put a certificate on it.',
    },
    'not-found': {
      heading: 'This certificate was not found',
      meaning: 'The chosen certificate is not on the plugged key. The document is unchanged.',
      next: 'Choose another certificate, or plug in the key that holds this one.',
    },
    unreadable: {
      heading: 'The certificate cannot be read',
      meaning:
        'It is incomplete or does not follow the standard, so it cannot stamp. The document is unchanged.',
      next: 'Choose another certificate and ask the authority to write this one again.',
    },
    expired: {
      heading: 'The certificate has expired',
      meaning: 'It can no longer stamp. What was stamped with it before is not affected.',
      next: 'Ask the authority to reissue it, or choose one that is valid.',
    },
    'not-yet-valid': {
      heading: 'The certificate is not valid yet',
      meaning: 'Its first day has not come, so it cannot stamp now.',
      next: 'Check the date of this computer. If it is right, wait for the certificate’s first day.',
    },
    'no-signing-usage': {
      heading: 'The certificate is not for signing',
      meaning:
        'It was issued for another use. A stamp made with it would not be accepted, so it cannot stamp.',
      next: 'Choose a certificate that is for signing.',
    },
    'no-private-key': {
      heading: 'The certificate has no private key here',
      meaning: 'Only the certificate is on the key, not its private key, so it cannot stamp.',
      next: 'Choose another certificate, or plug in the key that holds the private key.',
    },
    'key-unsupported': {
      heading: 'This type of key is not supported yet',
      meaning:
        'YinKey cannot stamp with a key of this type or length yet. The certificate and the document are unchanged.',
      next: 'Choose a certificate with RSA of 2048 bits or more, or ECDSA P-256 or P-384.',
    },
  },
  seal: {
    'not-found': {
      heading: 'The seal or signature picture was not found',
      meaning: 'It was removed since it was chosen. The document is unchanged.',
      next: 'Choose again what the stamp is to show.',
    },
    'not-a-picture': {
      heading: 'This cannot be used as a picture',
      meaning: 'The file is no picture, or the picture is damaged. It was not taken.',
      next: 'Choose a PNG picture with a transparent background.',
    },
    'too-large': {
      heading: 'The picture is too large',
      meaning: 'Its file or its number of pixels is over the limit. It was not taken.',
      next: 'Choose a smaller one. 1,000 pixels a side are plenty for a seal.',
    },
    size: {
      heading: 'The seal’s size does not fit',
      meaning: 'The millimetres are too small, too large or no number. Nothing was stamped.',
      next: 'Give a fitting size; a public seal usually has 42 mm.',
    },
    'no-seal-found': {
      heading: 'No seal was found in the picture',
      meaning:
        'There is no round, oval or square impression in the ink that was looked for. Nothing was changed.',
      next: 'Scan the stamped page in colour, with the whole seal on it. Blue or black ink has to be chosen first.',
    },
    'several-found': {
      heading: 'There are {{count}} seals in the picture',
      meaning: 'A seal is made from one impression only. Nothing was changed.',
      next: 'Choose the impression to use; they are numbered from the largest.',
    },
    'pick-missing': {
      heading: 'There is no impression number {{pick}}',
      meaning: 'Only {{count}} were found in the picture. Nothing was changed.',
      next: 'Choose a number from 1 to {{count}}.',
    },
    'grey-scan': {
      heading: 'The scan has no colours',
      meaning: 'In a grey scan, the seal cannot be told from other print. Nothing was changed.',
      next: 'Scan the page again and choose colour. Only a seal in black ink may be scanned in grey.',
    },
    'too-small': {
      heading: 'The picture is too small',
      meaning: '{{width}} × {{height}} pixels are not enough for a seal. Nothing was changed.',
      next: 'Scan the page at 300 dpi or more.',
    },
    animated: {
      heading: 'The file holds several pictures',
      meaning:
        'It has {{pages}} pages or moving frames; a seal is taken from a single still picture. Nothing was changed.',
      next: 'Save the page with the seal as a JPG or PNG picture.',
    },
    'file-too-large': {
      heading: 'The file is too large',
      meaning: 'It is larger than any scan of one page. Nothing was changed.',
      next: 'Scan only the page with the seal, at 600 dpi at most.',
    },
    'pdf-not-a-scan': {
      heading: 'This PDF page is not one scan',
      meaning:
        'The first page has {{pictures}} pictures, or they are not the whole page in a form that scanners write. Nothing was changed.',
      next: 'Scan the impression as a JPG, or export the page as one.',
    },
    'size-unknown': {
      heading: 'The seal’s true size is not known',
      meaning:
        'The picture does not say at how many dpi it was taken, as is usual for photos. Nothing was changed.',
      next: 'Measure the seal with a ruler and give its diameter, or its longer side, in millimetres.',
    },
    unreadable: {
      heading: 'This is no electronic seal that can be read',
      meaning: 'The file does not have the form of the standards, or is damaged. It was not used.',
      next: 'Ask the maker of the seal for it once more.',
    },
    'signature-wrong': {
      heading: 'The seal was changed',
      meaning:
        'Its signature does not fit what it says: it is no longer what its maker made. It was not used.',
      next: 'Do not use this seal, and ask its maker for it once more.',
    },
    'maker-unknown': {
      heading: 'The maker of this seal is not known',
      meaning: 'It cannot be proven that whoever made this seal is trusted. It was not used.',
      next: 'Find out where the seal comes from. If it is trusted, add the root certificate of its maker to the trust list first.',
    },
    'maker-revoked': {
      heading: 'The maker’s certificate was revoked',
      meaning: 'The certificate that this seal was made with no longer counts, and neither does the seal.',
      next: 'Ask the maker for a new seal.',
    },
    expired: {
      heading: 'The seal has expired',
      meaning: 'The time for which it was made is over. Nothing was stamped.',
      next: 'Renew the certificate and have the seal made again.',
    },
    'not-yet-valid': {
      heading: 'The seal is not valid yet',
      meaning: 'The time for which it was made has not begun. Nothing was stamped.',
      next: 'Check the clock of this computer; if it is right, wait until the seal is valid.',
    },
    'not-listed': {
      heading: 'This seal does not belong to this certificate',
      meaning:
        'The certificate is not among those that the seal names. A renewed certificate needs a new seal too. Nothing was stamped.',
      next: 'Choose the certificate that the seal names, or ask for a new seal.',
    },
    'picture-unreadable': {
      heading: 'The picture in the seal cannot be read',
      meaning: 'It is damaged, or of a kind that is not supported. Nothing was stamped.',
      next: 'Ask the maker of the seal for it once more.',
    },
    oversize: {
      heading: 'The seal’s size is against the rules',
      meaning: 'It measures {{width}} x {{height}} mm; the rules allow {{limit}} mm. It was not used.',
      next: 'Have the seal made in a size that the rules allow.',
    },
    'credit-code': {
      heading: 'The unified social credit code does not fit',
      meaning: 'The one that the seal stands for is wrong, or is not the unit’s. The seal was not used.',
      next: 'Check the data of the unit, and apply for the seal again.',
    },
    unproven: {
      heading: 'This seal could not be checked completely',
      meaning: 'Nothing wrong was found, but one check could not be made. The seal was not used.',
      next: 'Check again with a network connection and a complete trust list.',
    },
    'signer-unknown': {
      heading: 'The certificate that stamped cannot be trusted',
      meaning: 'It cannot be proven that it was trusted, valid and not revoked when it was used.',
      next: 'Ask the unit that stamped about this document.',
    },
    'document-signature': {
      heading: 'The signature over the document does not hold',
      meaning:
        'Signature, content or time do not fit together, so nothing shows that the unit stamped this document.',
      next: 'Do not use this document, and ask the unit that stamped it for the original.',
    },
    'status-unreadable': {
      heading: "The seal maker's list can't be read",
      meaning:
        'What came as the list of suspended and cancelled seals is no such list. Nothing was stamped, and the file is unchanged.',
      next: "Try again in a few minutes. If it stays like this, tell the authority's hotline.",
    },
    'status-unproven': {
      heading: "The list of seals is not the maker's own",
      meaning:
        'The list of suspended and cancelled seals is not signed by the maker of this seal ({{reason}}). It was not believed; nothing was stamped.',
      next: "Try again on another network. If it stays like this, tell the authority's hotline.",
    },
    'status-unknown': {
      heading: 'Whether the seal was suspended is not known',
      meaning:
        'This computer has no list of the maker of "{{name}}" yet, so it can\'t tell whether the seal was suspended or cancelled. Stamping is possible.',
      next: 'Connect to the internet and look again.',
    },
    'status-stale': {
      heading: "The maker's list of seals is out of date",
      meaning:
        'By the list of {{date}} the seal "{{name}}" is in order; since then it may have been suspended or cancelled. Stamping is possible.',
      next: 'Connect to the internet and look again.',
    },
    'other-key': {
      heading: 'This seal belongs to another key',
      meaning:
        'The certificate that may use the seal "{{name}}" has its private key on another key. Nothing was stamped, and the file is unchanged.',
      next: 'Plug in the key that the seal was bound to, or choose the seal of this key.',
    },
    'not-on-key': {
      heading: 'The seal is not on this key',
      meaning:
        'The seal "{{name}}" was not found on the key that is to stamp. Nothing was stamped, and the file is unchanged.',
      next: 'Bind the seal to this key under Seals, or plug in the key that holds it.',
    },
    swapped: {
      heading: 'The seal changed in between',
      meaning:
        'The key or the document holds another object under the number of the seal "{{name}}" than the one that was checked. Nothing was stamped, and your PIN was not wasted on it.',
      next: 'Look at the seal under Seals and verify it. If you did not change it, report it to the authority.',
    },
    'picture-differs': {
      heading: "The picture is not this seal's",
      meaning:
        'What would be drawn is not the picture in the seal "{{name}}". Nothing was stamped, and the file is unchanged.',
      next: 'Choose the seal itself. A picture of your own can be used as a signature picture.',
    },
    suspended: {
      heading: 'The seal is suspended',
      meaning: 'Its maker has suspended the seal "{{name}}". Nothing was stamped, and the file is unchanged.',
      next: 'Ask the authority why it is suspended and when it may be used again.',
    },
    cancelled: {
      heading: 'The seal is cancelled',
      meaning:
        'Its maker has cancelled the seal "{{name}}" for good. Nothing was stamped, and the file is unchanged.',
      next: "Use the unit's new seal. If there is none, apply for one under Seals.",
    },
    'not-issued': {
      heading: "The maker doesn't know this seal",
      meaning:
        'The maker\'s list of its seals does not have the seal "{{name}}". Nothing was stamped, and the file is unchanged.',
      next: "Tell the authority the seal's number: {{id}}.",
    },
    'certificate-taken': {
      heading: 'This certificate already has a seal',
      meaning:
        'One seal goes with one certificate, and this certificate has the seal "{{name}}" already. Nothing was changed.',
      next: 'Use that seal, or apply with another certificate of the unit.',
    },
    'bound-other': {
      heading: 'This is another seal than was applied for',
      meaning:
        'The seal that came is not the one of the application ({{what}}). It was not written to the key.',
      next: "Don't bind it. Tell the authority the number of the application: {{number}}.",
    },
    'refused-by-maker': {
      heading: 'The authority has refused the seal',
      meaning: "The authority's staff wrote: {{reason}}.",
      next: 'Put right what they name, and apply again.',
    },
    'application-unknown': {
      heading: "The authority doesn't know this application",
      meaning: 'The authority has no application of this number. Nothing was changed.',
      next: "Check the authority's address in the settings, or apply again.",
    },
    'application-state': {
      heading: "That can't be done with the application now",
      meaning: 'The application has gone on meanwhile ({{state}}). Nothing was changed.',
      next: 'Look at the application again; its next step stands there.',
    },
    'maker-missing': {
      heading: 'This authority makes no seals',
      meaning:
        'The authority whose address is set does not offer to make electronic seals. Nothing was changed.',
      next: 'Ask the authority for its address for seals, and enter it in the settings.',
    },
    'judged-unfit': {
      heading: "The impression can't be used",
      meaning: 'The impression does not meet what a seal needs: {{what}}. Nothing was sent.',
      next: 'Ink the seal again, press it down straight, and scan a new impression.',
    },
    'scan-too-large': {
      heading: 'The scan is larger than the authority takes',
      meaning: 'The file has {{bytes}} bytes; the authority takes up to {{limit}}. Nothing was sent.',
      next: "Have it made smaller here: the seal's part stays as it is.",
    },
    unknown: {
      heading: 'This seal is not known here',
      meaning: 'No key that is plugged in or was seen on this computer holds a seal with the number {{id}}.',
      next: 'Check the number, or plug in the key that holds the seal.',
    },
    'name-missing': {
      heading: 'The name of the seal is missing',
      meaning: 'An application needs the full name that is written on the physical seal. Nothing was sent.',
      next: 'Enter the name as it is on the seal.',
    },
    'unit-missing': {
      heading: 'The certificate names no unit',
      meaning:
        'A seal is made for the unit that its certificate names, and this one names none. Nothing was sent.',
      next: "Choose a certificate that was issued for the unit, or ask the authority to correct the unit's data.",
    },
  },
  document: {
    'not-found': {
      heading: 'The document is no longer there',
      meaning: 'It may have been moved, renamed or deleted.',
      next: 'Open the document again.',
    },
    'is-folder': {
      heading: 'This is a folder',
      meaning: 'Only documents can be opened. Nothing was changed.',
      next: 'Open one of the PDF documents in it.',
    },
    'no-permission': {
      heading: 'You may not read this document',
      meaning: 'The system does not allow it to be read. The document is unchanged.',
      next: 'Use a place where you have permission, or ask who looks after this computer.',
    },
    empty: {
      heading: 'The document is empty',
      meaning: 'There is nothing in the file. It may not have been downloaded or copied to the end.',
      next: 'Get the document again.',
    },
    'not-pdf': {
      heading: 'This is not a PDF document',
      meaning: 'What is in the file is not PDF, whatever its name says. The file is unchanged.',
      next: 'Open a PDF document, or convert this one to PDF first.',
    },
    truncated: {
      heading: 'The document is incomplete',
      meaning:
        'Its end is missing. It may not have been downloaded or copied to the end. The document is unchanged.',
      next: 'Get the document again.',
    },
    damaged: {
      heading: 'The document is damaged',
      meaning: 'Its structure is broken, so it cannot be stamped reliably. The document is unchanged.',
      next: 'Ask who issued it for another copy, or make the PDF again from its source.',
    },
    'too-complex': {
      heading: 'The document is too complex',
      meaning:
        'Its structure goes beyond what is safe to read, so reading was stopped. The document is unchanged.',
      next: 'Make the PDF again from its source. Do not use it if you do not know where it comes from.',
    },
    'password-needed': {
      heading: 'The document has a password',
      meaning: 'Without it the document cannot be shown or stamped. The document is unchanged.',
      next: 'Enter the document’s password. You get it from who issued the document.',
    },
    'password-wrong': {
      heading: 'The document’s password is wrong',
      meaning:
        'The document was not opened and is unchanged. This password has nothing to do with your key’s PIN.',
      next: 'Check the password and enter it again.',
    },
    'encryption-unsupported': {
      heading: 'This kind of encryption is not supported',
      meaning: 'The document is encrypted in a way that YinKey does not know. The document is unchanged.',
      next: 'Ask who issued it for a copy without encryption.',
    },
    'permission-denied': {
      heading: 'The document does not allow signing',
      meaning: 'Who issued it does not permit signatures to be added. The document is unchanged.',
      next: 'Ask who issued it for a copy that may be signed.',
    },
    'certified-no-changes': {
      heading: 'The document is certified and closed',
      meaning:
        'Its first signer allows no changes at all; another stamp would break that signature. The document is unchanged.',
      next: 'Ask who issued it for a copy that may be stamped.',
    },
    locked: {
      heading: 'The signature field is locked',
      meaning:
        'An earlier signature locked it; another stamp would break that signature. The document is unchanged.',
      next: 'Ask who issued it for a copy that is not locked.',
    },
    xfa: {
      heading: 'This is an XFA form',
      meaning:
        'What an XFA form shows can change at any time, so a stamp could not prove what was seen. The document is unchanged.',
      next: 'Print or export the form to a plain PDF, then stamp that.',
    },
    changed: {
      heading: 'The document has changed since it was opened',
      meaning: 'It is no longer what you saw, so it was not stamped. YinKey left it unchanged.',
      next: 'Open the document again, look it over, then stamp it.',
    },
    'page-missing': {
      heading: 'There is no such page',
      meaning: 'The page number is beyond the document’s pages. Nothing was stamped.',
      next: 'Give pages that the document has, such as 1 or 1-3,5.',
    },
    'place-off-page': {
      heading: 'The seal is off the page',
      meaning: 'Part of the seal lies outside the page. Nothing was stamped.',
      next: 'Move the seal onto the page.',
    },
    'place-over-seal': {
      heading: 'The seal lies over another seal',
      meaning:
        'Two seals on one another cannot be read. Nothing was stamped and the other seal is unchanged.',
      next: 'Move the seal aside.',
    },
    'output-exists': {
      heading: 'A file of that name exists already',
      meaning: 'It was not overwritten and nothing was stamped.',
      next: 'Give another name, or choose plainly to overwrite it.',
    },
    'output-is-source': {
      heading: 'It cannot be saved over the original',
      meaning: 'A stamped document is saved as a new file. The original is unchanged.',
      next: 'Give another name, or choose plainly to replace the original.',
    },
    'output-no-permission': {
      heading: 'You may not save here',
      meaning: 'The stamped document was not saved. The original is unchanged.',
      next: 'Choose another folder.',
    },
    'output-folder-missing': {
      heading: 'The folder to save in is gone',
      meaning: 'The stamped document was not saved. The original is unchanged.',
      next: 'Choose another folder. Make sure that memory sticks and network places are connected.',
    },
    'disk-full': {
      heading: 'The disk is full',
      meaning: 'The stamped document was not saved and no half of it was left. The original is unchanged.',
      next: 'Make room, or save to another disk.',
    },
    'self-check-failed': {
      heading: 'The self-check failed',
      meaning: 'The stamped document did not pass its check and was thrown away. The original is unchanged.',
      next: 'Try again. If it comes back, give the original and the code to support.',
    },
    'host-crashed': {
      heading: 'Reading the document crashed',
      meaning:
        'Documents are read in a process of their own. YinKey is not affected and the document is unchanged.',
      next: 'Try again. If the same document does it again, do not use it.',
    },
    'host-hung': {
      heading: 'Reading the document took too long',
      meaning: 'It was stopped. The document is unchanged.',
      next: 'Try again. If the same document does it again, make the PDF again from its source.',
    },
    cancelled: {
      heading: 'Cancelled',
      meaning: 'Nothing was stamped, no half of a file was left, the original is unchanged.',
      next: 'Stamp again when you want to.',
    },
  },
  trust: {
    'list-unproven': {
      heading: 'This list of roots is not genuine',
      meaning:
        'It is not signed by whoever publishes this client, or was changed since. Nothing was taken from it.',
      next: 'Get the list again from where you got the client. Do not use this file.',
    },
    'not-own': {
      heading: 'This root cannot be removed here',
      meaning: 'It is not one of your own: it came with the client, the system or the practice world.',
      next: 'Switch its source off instead, or leave it.',
    },
    'not-an-authority': {
      heading: 'This is not an authority’s certificate',
      meaning: 'Only certificates that issue others can be trusted as roots. Nothing was added.',
      next: 'Ask the authority for its root certificate.',
    },
    unreadable: {
      heading: 'The trust list cannot be read',
      meaning:
        'There is no usable root certificate in it, so nobody can say whether an authority is trusted. The verified document is unchanged.',
      next: 'Use the root certificates that the authority provides (PEM or DER).',
    },
  },
  authority: {
    'status-refused': {
      heading: 'The authority does not tell the status now',
      meaning:
        'Its status service answers that it cannot speak of this certificate at present. That means neither good nor revoked.',
      next: 'Ask again later. If it stays like this, tell the authority.',
    },
    unreachable: {
      heading: 'The authority cannot be reached',
      meaning:
        'The connection to {{host}} did not come about or was cut off. What is on your key is unchanged; what had been finished before stays finished.',
      next: 'Check the network (and the company’s proxy or VPN), then try again.',
    },
    timeout: {
      heading: 'The authority did not answer in time',
      meaning:
        'There was no complete answer from {{host}} within {{seconds}} seconds. What is on your key is unchanged.',
      next: 'Try again in a few minutes. Asking again does not order anything twice.',
    },
    tls: {
      heading: 'The connection to the authority is not safe',
      meaning:
        '{{host}} could not prove who it is, so nothing was sent. Someone may be in between, or the certificate of the site is out of order.',
      next: 'Check the address and this computer’s date. In a company network ask the administrator; do not go on before it is clear.',
    },
    url: {
      heading: 'This address cannot be used',
      meaning:
        'The address of an authority starts with http:// or https:// and has no name and password in it. Nothing was sent.',
      next: 'Enter the address as the authority gives it.',
    },
    'too-large': {
      heading: 'The answer is too large',
      meaning:
        '{{host}} sent more than an answer of this kind can be. It was not read. What is on your key is unchanged.',
      next: 'Check the address. If it is right, tell the authority.',
    },
    'answer-unreadable': {
      heading: 'The answer cannot be read',
      meaning:
        'The answer does not have the form that the standard gives it, so nothing of it was used. What is on your key is unchanged.',
      next: 'Try again. If it comes back, tell the authority.',
    },
    'not-an-authority': {
      heading: 'There is no authority at this address',
      meaning:
        'Something else answered: a web page, a proxy or the log-in page of a network. Nothing of it was used. What is on your key is unchanged.',
      next: 'Check the address and log in to the network if it asks for that, then try again.',
    },
    cancelled: {
      heading: 'Asking the authority was stopped',
      meaning: 'The answer was not waited for. What is on your key is unchanged.',
      next: 'Ask again when you want to.',
    },
    'certificate-unknown': {
      heading: 'The authority does not know this certificate',
      meaning:
        'It was issued by somebody else, or is not registered there yet. Nothing was ordered and what is on your key is unchanged.',
      next: 'Check the address of the authority. If it is right, ask the authority.',
    },
    'certificate-expired': {
      heading: 'An expired certificate cannot be renewed online',
      meaning:
        'After its end it is renewed at the counter or by mail. Nothing was ordered and what is on your key is unchanged.',
      next: 'Take the key and the application form to the authority’s counter, or send them as it says.',
    },
    'certificate-revoked': {
      heading: 'A revoked certificate cannot be renewed',
      meaning:
        'The authority has made this certificate void. Nothing was ordered and what is on your key is unchanged.',
      next: 'Ask the authority for a reissue or a new certificate.',
    },
    'window-not-open': {
      heading: 'It is too early to renew',
      meaning:
        'The certificate can be renewed online from {{from}}. Nothing was ordered and what is on your key is unchanged.',
      next: 'Come back on {{from}} or later. YinKey will remind you.',
    },
    'order-unknown': {
      heading: 'The authority does not have this order',
      meaning: 'The number is wrong, or it was ordered elsewhere. What is on your key is unchanged.',
      next: 'Check the address of the authority. If you have paid, show it the record of the payment.',
    },
    'order-unpaid': {
      heading: 'The order is not paid yet',
      meaning: 'The new certificate is issued after payment. What is on your key is unchanged.',
      next: 'Open the payment page and pay, then go on. If you have paid, try again in a minute; do not pay twice.',
    },
    'order-exists': {
      heading: 'There is a renewal order for this certificate already',
      meaning:
        'One certificate has one order at a time. Nothing more was ordered and nothing is charged twice. What is on your key is unchanged.',
      next: 'Go on with that order. If it was made on another computer, go on there or ask the authority to cancel it.',
    },
    'order-state': {
      heading: 'The order does not allow this now',
      meaning:
        'It was cancelled or refused, or its certificate has been issued. Nothing more was charged and what is on your key is unchanged.',
      next: 'Look at the order’s progress and follow the reason given there.',
    },
    'order-invalid': {
      heading: 'The authority does not accept the request',
      meaning:
        'Something in the request does not fit. Nothing was ordered or charged and what is on your key is unchanged.',
      next: 'Try again. If it comes back, update YinKey or tell support the details.',
    },
    'signature-refused': {
      heading: 'The authority did not accept the signature',
      meaning:
        'It could not make sure that the request comes from the holder of this certificate, so it was not carried out. What is on your key is unchanged.',
      next: 'Check that the key with this certificate is plugged in and try again. If it comes back, ask the authority.',
    },
    'clock-off': {
      heading: 'This computer’s clock is wrong',
      meaning:
        'It differs from the authority’s by about {{minutes}} minutes. Such requests are refused, so nothing went on. What is on your key is unchanged.',
      next: 'Set the date, the time and the time zone of this computer right and try again.',
    },
    refused: {
      heading: 'The authority refused the request',
      meaning:
        'It answered: {{text}} ({{failInfo}}). The answer is genuine. No certificate was issued or revoked by this request, and what is on your key is unchanged.',
      next: 'If its words do not tell what to do, ask the authority and give it these words.',
    },
    'answer-untrusted': {
      heading: 'The answer could not be trusted',
      meaning:
        'It is not shown to come from the authority ({{reason}}), so nothing of it was used. What is on your key is unchanged.',
      next: 'Check the address and the trusted roots. Try again from another network; if it comes back, tell the authority and do not go on.',
    },
    'error-unproven': {
      heading: 'Somebody reported an error for the authority',
      meaning:
        'The report says: {{text}}. It carries no proof, so it may come from the authority or from someone in between. Nothing was done because of it; what is on your key is unchanged.',
      next: 'Try again in a few minutes. If it comes back, ask the authority by telephone and read the words to it.',
    },
    'secret-wrong': {
      heading: 'Reference number and secret code do not fit together',
      meaning:
        'The authority’s answer does not fit the secret code that was entered. No certificate was requested with it.',
      next: 'Type both again exactly as they stand on the slip; mind 0 and O, 1 and l. If it still fails, ask for a new slip: a code may be used up.',
    },
  },
  loss: {
    'no-proof': {
      heading: 'Nothing shows yet who reports the loss',
      meaning:
        'A loss is reported with another key of the unit, or with the data of its account. Nothing was sent.',
      next: 'Plug in another key of the unit, or fill in credit code, handler and order number.',
    },
    'same-key': {
      heading: 'A lost key can’t report itself',
      meaning: 'The certificate that would sign is the one to be reported. Nothing was sent.',
      next: 'Use another key of the unit, or the data of its account.',
    },
    refused: {
      heading: 'The authority has not taken the report',
      meaning: 'The authority says: {{reason}}. Certificate and seal are unchanged and still count.',
      next: 'Check what you filled in. If it is urgent, call the authority’s hotline now.',
    },
    'already-revoked': {
      heading: 'This certificate is revoked already',
      meaning: 'It was reported or revoked before; this key stamps no more. Nothing was entered twice.',
      next: 'There is nothing more to do. For a new key, go to the service counter.',
    },
  },
  store: {
    damaged: {
      heading: 'YinKey’s own records were damaged',
      meaning:
        'The damaged file was put aside, not deleted, and a new one is in use. Your key and documents are not affected.',
      next: 'You can go on. Recent documents and settings start anew; support can help to get the old ones back.',
    },
    newer: {
      heading: 'YinKey’s records were written by a newer version',
      meaning:
        'This version cannot read them. They were put aside, not deleted, and a new file is in use. Your key and documents are not affected.',
      next: 'Update YinKey; support can then help to get the old records back. You can also go on for now.',
    },
    failed: {
      heading: 'YinKey’s own records could not be written',
      meaning: 'A setting or a record was not saved. Your key and documents are not affected.',
      next: 'Check the room on the disk and its permissions, then try again.',
    },
  },
  audit: {
    broken: {
      heading: 'The log of acts does not add up',
      meaning: 'The log was changed or a part of it is missing. Your key and documents are not affected.',
      next: 'Leave everything as it is and tell your unit’s seal administrator and support.',
    },
  },
  renewal: {
    'already-running': {
      heading: 'This renewal is already being worked on',
      meaning:
        'Another window or command of YinKey works on it at this moment. One certificate is renewed once; nothing was done twice.',
      next: 'Wait until that one is done, or go on there.',
    },
    finished: {
      heading: 'This renewal has ended',
      meaning: 'It is done or was given up, and nothing more happens in it. Your key is unchanged.',
      next: 'Look at the certificate. If it still runs out, begin a new renewal.',
    },
    'not-possible': {
      heading: 'This can’t be done at this point of the renewal',
      meaning: 'The renewal stands at another step. Nothing was changed by this.',
      next: 'Look at the renewal again and take one of the steps that it offers.',
    },
    expired: {
      heading: 'The certificate has expired',
      meaning:
        'An expired certificate can’t be renewed online. The key and what was stamped with it before stay as they are.',
      next: 'Bring the key and the form to the authority’s counter, or send them by mail. YinKey prints the form.',
    },
    superseded: {
      heading: 'This certificate has been renewed already',
      meaning: 'A newer certificate on the key has taken its place. It is kept and not used for new stamps.',
      next: 'Use the newer certificate.',
    },
    years: {
      heading: 'This number of years is not on offer',
      meaning: 'The authority offers other periods for this certificate. Nothing was ordered.',
      next: 'Choose one of the periods that are shown.',
    },
    'key-full': {
      heading: 'The key has no room for a second key pair',
      meaning:
        'A renewal keeps the old pair until the new one works, and this key can’t hold both. Nothing was ordered or paid.',
      next: 'Remove certificates that are no longer needed, or ask the authority for a new key.',
    },
    'key-type': {
      heading: 'This key can’t make the key pair that is needed',
      meaning:
        'A pair of the type {{keyType}} is needed, and the key can’t make one. Nothing was ordered or paid.',
      next: 'Ask the authority for a newer key.',
    },
    'key-other': {
      heading: 'This is not the key of the renewal',
      meaning:
        'The key that is plugged in does not hold the certificate that is renewed. Nothing was changed on it.',
      next: 'Plug in the key {{label}} ({{serial}}).',
    },
    'pair-missing': {
      heading: 'The new key pair is no longer on the key',
      meaning:
        'It was made for this renewal and is gone: removed by another program, or the key was made new. The old certificate still works as long as its own pair is there.',
      next: 'Give this renewal up and begin a new one. What was paid stays with the order; ask the authority for it.',
    },
    abandoned: {
      heading: 'This renewal was ended because its key is lost',
      meaning:
        'It was ended on this computer only; the authority was not told. An order that was paid is settled by the authority. Nothing was changed on the key.',
      next: 'Report the loss of the key to the authority, and name the order number when you call. If the key turns up, its left-over key pair can be removed on the certificates screen.',
    },
    'certificate-mismatch': {
      heading: 'The authority issued another certificate than was ordered',
      meaning:
        'It does not fit what was ordered ({{reason}}), so it was refused and not written to the key. The old certificate still works.',
      next: 'Try again. If it comes back, tell the authority the order’s number.',
    },
    'seal-mismatch': {
      heading: 'The new seal is not the old one',
      meaning:
        'The seal “{{name}}” that the authority made for the new certificate differs from the old one ({{reason}}), so it was not used. The certificate is renewed and works.',
      next: 'Try again. If it comes back, finish without the seal and tell the authority.',
    },
    'order-refused': {
      heading: 'The authority refused the order',
      meaning:
        'The reason given: “{{reason}}”. The old certificate still works until its end. What was paid is paid back.',
      next: 'Clear up the reason with the authority, then begin a new renewal.',
    },
    'order-cancelled': {
      heading: 'The order was cancelled',
      meaning: 'It is no longer open at the authority. The old certificate still works until its end.',
      next: 'Begin a new renewal when you are ready.',
    },
    'confirmation-unknown': {
      heading: 'It is not known whether the authority has the confirmation',
      meaning:
        'The new certificate is on the key and works. The confirmation was sent, and the authority did not say that it came. The old certificate is kept and can still be used.',
      next: 'Go on with the renewal later; YinKey asks again. Nothing is ordered twice.',
    },
  },
  practice: {
    missing: {
      heading: 'The practice world was not found',
      meaning: 'The practice key, certificates or documents are gone. Real keys are not affected.',
      next: 'Start practice mode again; it is made anew.',
    },
    failed: {
      heading: 'The practice world could not be made',
      meaning:
        'Something failed while the practice key, certificates or documents were made. Real keys are not affected.',
      next: 'Start practice mode again. If it fails again, check the room on the disk and read what the command line says.',
    },
  },
  usage: {
    heading: 'The command is not written right',
    meaning: 'Nothing was done. No document was changed.',
    next: 'Look at this: {{what}}. See --help for how to write it.',
  },
  request: {
    refused: {
      heading: 'The request was refused',
      meaning:
        'It did not come from YinKey’s own window and was not carried out. Your key and documents are unchanged.',
      next: 'Start YinKey again. If it comes back, tell support.',
    },
    invalid: {
      heading: 'What was entered does not fit',
      meaning: 'It was not carried out. Your key and documents are unchanged.',
      next: 'Check what was entered and try again.',
    },
  },
  unexpected: {
    heading: 'Something unexpected happened',
    meaning: 'This step was not finished. Your key is not affected and the original document is unchanged.',
    next: 'Try again. If it comes back, tell support the code below.',
  },
};
