import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.Security;
import java.security.cert.X509Certificate;
import java.util.Calendar;
import java.util.Collections;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.visible.PDVisibleSigProperties;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.visible.PDVisibleSignDesigner;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;

/**
 * The same stamp by Apache PDFBox: the key in the PKCS#11 token (through Java's own provider), the seal on page 1.
 * Arguments: provider's configuration, seal, input, output. The PIN comes on standard input.
 */
public class SignWithPdfbox {
  public static void main(String[] args) throws Exception {
    Logger.getLogger("org.apache.pdfbox").setLevel(Level.WARNING);
    char[] pin = new String(System.in.readAllBytes()).toCharArray();
    Provider token = Security.getProvider("SunPKCS11").configure(args[0]);
    KeyStore keys = KeyStore.getInstance("PKCS11", token);
    keys.load(null, pin);
    String alias = rsaKey(keys);
    PrivateKey key = (PrivateKey) keys.getKey(alias, null);
    X509Certificate certificate = (X509Certificate) keys.getCertificate(alias);

    Files.copy(Path.of(args[2]), Path.of(args[3]));
    try (PDDocument document = PDDocument.load(new File(args[2]));
        InputStream seal = new FileInputStream(args[1]);
        OutputStream output = new FileOutputStream(args[3])) {
      PDVisibleSignDesigner designer = new PDVisibleSignDesigner(document, seal, 1);
      // 42 mm, 120 mm from the left and 220 mm from the top.
      designer.xAxis(340.2f).yAxis(623.6f).width(119.1f).height(119.1f).signatureFieldName("Seal");
      PDVisibleSigProperties properties = new PDVisibleSigProperties();
      properties.signerName("bench").page(1).visualSignEnabled(true).setPdVisibleSignature(designer).buildSignature();
      PDSignature signature = new PDSignature();
      signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
      signature.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
      signature.setSignDate(Calendar.getInstance());
      SignatureOptions options = new SignatureOptions();
      options.setVisualSignature(properties.getVisibleSignature());
      options.setPage(0);
      document.addSignature(signature, content -> sign(content.readAllBytes(), token, key, certificate), options);
      document.saveIncremental(output);
    }
  }

  /** The provider makes its own names of the token's labels, so the key is known by what it is. */
  private static String rsaKey(KeyStore keys) throws Exception {
    for (String alias : Collections.list(keys.aliases())) {
      if (keys.isKeyEntry(alias) && keys.getCertificate(alias).getPublicKey().getAlgorithm().equals("RSA")) return alias;
    }
    throw new IllegalArgumentException("no RSA key in the token");
  }

  private static byte[] sign(byte[] content, Provider token, PrivateKey key, X509Certificate certificate) {
    try {
      CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
      generator.addSignerInfoGenerator(
          new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
              .build(new JcaContentSignerBuilder("SHA256withRSA").setProvider(token).build(key), certificate));
      generator.addCertificates(new JcaCertStore(List.of(certificate)));
      return generator.generate(new CMSProcessableByteArray(content), false).getEncoded();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }
}
