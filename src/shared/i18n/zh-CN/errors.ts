/** 每个错误码三句话：heading 发生了什么，meaning 对密钥盘或文件意味着什么，next 现在做什么。 */
export const errors = {
  token: {
    none: {
      heading: '没有密钥盘',
      meaning: '没有找到插入的密钥盘，还没有盖章，文件没有改动。',
      next: '请插入密钥盘，几秒后再试。插了仍找不到，请检查驱动。',
    },
    'not-found': {
      heading: '没有找到这个密钥盘',
      meaning: '插入的密钥盘里没有所选的那一个，文件没有改动。',
      next: '请插入所选的密钥盘，或改选已插入的密钥盘。',
    },
    removed: {
      heading: '密钥盘被拔出',
      meaning: '还没有盖章，文件没有改动，PIN 码也没有计入错误次数。',
      next: '插回同一个密钥盘后可以继续。',
    },
    busy: {
      heading: '密钥盘正忙',
      meaning: '密钥盘正在做上一件事，这一件还没有开始，文件没有改动。',
      next: '请等上一件事做完再试，期间不要拔出密钥盘。',
    },
    'used-by-other': {
      heading: '密钥盘正被别的程序使用',
      meaning: '另一个程序占用着密钥盘。PIN 码没有计入错误次数，文件没有改动。',
      next: '请关闭正在使用密钥盘的网页或程序，再试一次。',
    },
    failed: {
      heading: '驱动没有完成操作',
      meaning: '不是 PIN 码的问题，没有计入错误次数，文件没有改动。',
      next: '请重新插拔密钥盘再试。反复出现时，请把下面的代号告诉厂商或发证机构。',
    },
    'not-supported': {
      heading: '这个密钥盘不支持此操作',
      meaning: '密钥盘或它的驱动没有这项功能。密钥盘没有损坏，文件没有改动。',
      next: '请更新厂商的驱动，或换用支持此操作的密钥盘。',
    },
    memory: {
      heading: '密钥盘的空间不够',
      meaning: '密钥盘或驱动没有足够的空间完成操作。里面已有的内容没有改变，文件没有改动。',
      next: '请重新插拔密钥盘再试。仍不行时请联系发证机构。',
    },
    'not-initialized': {
      heading: '这是空白的密钥盘',
      meaning: '密钥盘还没有初始化，里面没有证书，不能盖章。',
      next: '请带到窗口或联系发证机构写入证书。',
    },
    'pin-wrong': {
      heading: 'PIN 码不正确',
      meaning: '密钥盘已计一次错误，文件没有改动。连续输错多次，密钥盘会锁定。',
      next: '请确认 PIN 码后再输入。不确定时先不要试，请联系单位的印章管理员。',
    },
    'pin-locked': {
      heading: '密钥盘已锁定',
      meaning: '证书和印章都还在，文件没有改动。',
      next: '请带密钥盘到窗口解锁，或联系发证机构解锁。不要初始化密钥盘。',
    },
    'pin-not-set': {
      heading: '还没有设置 PIN 码',
      meaning: '密钥盘没有 PIN 码，不能盖章，文件没有改动。',
      next: '请用厂商的管理工具设置 PIN 码，或到窗口办理。',
    },
    'pin-expired': {
      heading: '须先修改 PIN 码',
      meaning: '密钥盘要求修改 PIN 码后才能使用。没有计入错误次数，文件没有改动。',
      next: '请用厂商的管理工具修改 PIN 码，再插入密钥盘。',
    },
    'pin-length': {
      heading: 'PIN 码的长度不对',
      meaning: '输入的位数不在密钥盘允许的范围内。没有交给密钥盘核对，没有计入错误次数。',
      next: '请按密钥盘要求的位数重新输入。',
    },
    'pin-invalid': {
      heading: 'PIN 码含有不能用的字符',
      meaning: '密钥盘不接受其中的字符，文件没有改动。',
      next: '请关闭中文输入法，用字母和数字重新输入。',
    },
    'pin-cancelled': {
      heading: '已取消',
      meaning: '没有输入 PIN 码，没有盖章，文件没有改动。',
      next: '需要时再盖一次即可。',
    },
    'pin-last-try': {
      heading: '最后一次机会，还没有确认',
      meaning: '再输错一次密钥盘会锁定，所以须先确认才会核对。没有计入错误次数，文件没有改动。',
      next: '确定 PIN 码无误时再试并确认；不确定时请联系单位的印章管理员。',
    },
    'key-missing': {
      heading: '密钥盘里没有对应的私钥',
      meaning: '这张证书的私钥不在此密钥盘里，不能用它盖章。文件没有改动。',
      next: '请改选别的证书，或插入存有私钥的密钥盘。',
    },
    'mechanism-missing': {
      heading: '密钥盘不支持所需的签名算法',
      meaning: '这把私钥不能用可靠的算法签名。密钥盘没有损坏，文件没有改动。',
      next: '请更新驱动后再试，或联系发证机构更换密钥盘。',
    },
    'signature-wrong': {
      heading: '密钥盘给出的签名不对',
      meaning: '签名与证书对不上，已经作废，没有留下盖章文件，原文件没有改动。',
      next: '请重新插拔密钥盘再试。再次出现时请停用这个密钥盘，联系发证机构。',
    },
  },
  driver: {
    'not-found': {
      heading: '驱动文件不在了',
      meaning: '驱动可能已卸载或移动，它管的密钥盘读不到。密钥盘里的内容不受影响。',
      next: '请重新安装厂商的驱动，或添加新位置的驱动文件。',
    },
    'not-a-module': {
      heading: '这个文件不是驱动',
      meaning: '它不是 PKCS#11 模块，没有加载。',
      next: '请选择厂商驱动的模块文件：Windows 为 .dll，macOS 为 .dylib，Linux 为 .so。',
    },
    'wrong-architecture': {
      heading: '驱动与印钥的位数或处理器不一致',
      meaning: '驱动是为别的处理器做的，不能加载。密钥盘没有问题。',
      next: '请安装与印钥一致的版本，通常是 64 位驱动。',
    },
    'not-agreed': {
      heading: '驱动还没有同意使用',
      meaning: '驱动要经您同意才会加载，它管的密钥盘现在读不到。',
      next: '请在密钥或设置中查看这个驱动，确认来源后同意使用。',
    },
    changed: {
      heading: '驱动文件变了',
      meaning: '文件和同意时的不一样，所以没有加载，它管的密钥盘现在读不到。',
      next: '刚升级过驱动时，核对后重新同意即可；没有升级过，请先问厂商。',
    },
    'load-failed': {
      heading: '驱动加载不了',
      meaning: '系统没有能加载这个驱动，常见的原因是缺少它需要的其他文件。密钥盘没有问题。',
      next: '请重新安装厂商的驱动，再重新启动驱动。',
    },
    'init-failed': {
      heading: '驱动启动不了',
      meaning: '驱动加载了，但没有完成启动。密钥盘里的内容不受影响。',
      next: '请关闭其他使用密钥盘的程序，再重新启动驱动。',
    },
    failed: {
      heading: '驱动没有完成操作',
      meaning: '驱动报告了错误。密钥盘里的内容不受影响，文件没有改动。',
      next: '请重新插拔密钥盘，再重新启动驱动。',
    },
    crashed: {
      heading: '驱动意外退出',
      meaning: '驱动在自己的进程里出错退出，印钥没有受影响，文件没有改动。',
      next: '请再试一次，驱动会自动重新启动。反复出现时请更新驱动。',
    },
    hung: {
      heading: '驱动没有回应',
      meaning:
        '驱动长时间没有回应，已经停止它的进程，文件没有改动。刚才输入过 PIN 码时，密钥盘可能已经核对过。',
      next: '请重新插拔密钥盘，看清 PIN 码的状态后再试。',
    },
  },
  certificate: {
    none: {
      heading: '密钥盘里没有证书',
      meaning: '没有读到数字证书，不能盖章。',
      next: '请联系发证机构写入证书。',
    },
    'not-found': {
      heading: '没有找到这张证书',
      meaning: '所选的证书不在插入的密钥盘里，文件没有改动。',
      next: '请改选证书，或插入存有这张证书的密钥盘。',
    },
    unreadable: {
      heading: '证书读不懂',
      meaning: '证书的内容不完整或不合标准，不能用它盖章。文件没有改动。',
      next: '请改选别的证书，并联系发证机构重新写入。',
    },
    expired: {
      heading: '证书已过期',
      meaning: '过期的证书不能再盖章。以前盖的章不受影响。',
      next: '请联系发证机构补办，或改选有效的证书。',
    },
    'not-yet-valid': {
      heading: '证书尚未生效',
      meaning: '还没有到证书的生效日期，现在不能盖章。',
      next: '请检查电脑的日期是否正确；正确时请到生效日期以后再盖章。',
    },
    'no-signing-usage': {
      heading: '证书的用途不含签名',
      meaning: '这张证书是作别的用途的，盖出的章不会被承认，所以不能用它盖章。',
      next: '请改选用于签名的证书。',
    },
    'no-private-key': {
      heading: '证书没有对应的私钥',
      meaning: '密钥盘里只有证书，没有私钥，不能用它盖章。',
      next: '请改选别的证书，或插入存有私钥的密钥盘。',
    },
    'key-unsupported': {
      heading: '还不支持这种密钥',
      meaning: '印钥还不能用这种类型或长度的密钥盖章。证书和文件都没有改动。',
      next: '请改选 RSA 2048 位以上或 ECDSA P-256、P-384 的证书。',
    },
  },
  seal: {
    'not-found': {
      heading: '没有找到印章图片',
      meaning: '所选的印章图片已经移除，文件没有改动。',
      next: '请重新选择印章图片。',
    },
    'not-a-picture': {
      heading: '这不是可用的印章图片',
      meaning: '文件不是图片，或图片已损坏，没有使用。',
      next: '请选择背景透明的 PNG 图片。',
    },
    'too-large': {
      heading: '印章图片太大',
      meaning: '图片的文件或像素超过了限度，没有使用。',
      next: '请换一张小一些的图片。一枚印章每边 1,000 像素就足够清楚。',
    },
    size: {
      heading: '印章的尺寸不合适',
      meaning: '给出的毫米数太小、太大或不是数，没有盖章。',
      next: '请给出合适的尺寸，公章通常是 42 mm。',
    },
  },
  document: {
    'not-found': {
      heading: '文件不在了',
      meaning: '文件可能已移动、改名或删除。',
      next: '请重新打开文件。',
    },
    'is-folder': {
      heading: '这是一个文件夹',
      meaning: '只能打开文件，没有做任何改动。',
      next: '请打开其中的一个 PDF 文件。',
    },
    'no-permission': {
      heading: '没有读取这个文件的权限',
      meaning: '系统不允许读取，文件没有改动。',
      next: '请换一个有权限的位置，或联系管理这台电脑的人。',
    },
    empty: {
      heading: '文件是空的',
      meaning: '文件里没有任何内容，可能没有下载或复制完。',
      next: '请重新取得这个文件。',
    },
    'not-pdf': {
      heading: '这不是 PDF 文件',
      meaning: '文件的内容不是 PDF，扩展名可能改过。文件没有改动。',
      next: '请打开 PDF 文件，或先把它转换为 PDF。',
    },
    truncated: {
      heading: '文件不完整',
      meaning: '文件的后半部分缺失，可能没有下载或复制完。文件没有改动。',
      next: '请重新取得这个文件。',
    },
    damaged: {
      heading: '文件已损坏',
      meaning: '文件的结构有错，不能可靠地盖章。文件没有改动。',
      next: '请向出具文件的人重新索取，或从原稿重新生成 PDF。',
    },
    'too-complex': {
      heading: '文件过于复杂',
      meaning: '文件的结构超过了安全的限度，已停止读取。文件没有改动。',
      next: '请从原稿重新生成 PDF。来源不明的文件不要继续使用。',
    },
    'password-needed': {
      heading: '文件有打开密码',
      meaning: '输入密码以前看不到内容，也不能盖章。文件没有改动。',
      next: '请输入文件的密码。密码由出具文件的人提供。',
    },
    'password-wrong': {
      heading: '文件的密码不对',
      meaning: '文件没有打开，没有改动。这个密码与密钥盘的 PIN 码无关。',
      next: '请核对密码后再输入。',
    },
    'encryption-unsupported': {
      heading: '不支持这种加密方式',
      meaning: '文件用印钥不认识的方式加密，不能打开。文件没有改动。',
      next: '请向出具文件的人索取没有加密的文件。',
    },
    'permission-denied': {
      heading: '文件不允许签名',
      meaning: '出具文件的人设置了权限，不允许增加签名。文件没有改动。',
      next: '请向出具文件的人索取允许签名的文件。',
    },
    'certified-no-changes': {
      heading: '文件已认证，不允许再改动',
      meaning: '第一个签名的人规定了不允许任何改动，再盖章会使那个签名失效。文件没有改动。',
      next: '请向出具文件的人索取允许盖章的文件。',
    },
    locked: {
      heading: '签名处已锁定',
      meaning: '以前的签名锁定了这里，再盖章会使它失效。文件没有改动。',
      next: '请向出具文件的人索取没有锁定的文件。',
    },
    xfa: {
      heading: '这是 XFA 表单',
      meaning: 'XFA 表单的内容可以随时变化，盖章不能证明看到的内容，所以不能盖章。文件没有改动。',
      next: '请把表单打印或导出为普通 PDF，再盖章。',
    },
    changed: {
      heading: '文件在打开以后变了',
      meaning: '现在的内容和看到的不一样，所以没有盖章。文件没有改动。',
      next: '请重新打开文件，看清内容后再盖章。',
    },
    'page-missing': {
      heading: '没有这一页',
      meaning: '给出的页码超出了文件的页数，没有盖章。',
      next: '请改为文件里有的页码，如 1 或 1-3,5。',
    },
    'place-off-page': {
      heading: '印章超出了页面',
      meaning: '印章的一部分在页面以外，没有盖章。',
      next: '请把印章移到页面以内。',
    },
    'place-over-seal': {
      heading: '印章压在另一枚印章上',
      meaning: '两枚印章重叠会看不清。没有盖章，原有的印章没有改变。',
      next: '请把印章移开。',
    },
    'output-exists': {
      heading: '同名的文件已经存在',
      meaning: '没有覆盖它，也没有盖章。',
      next: '请换一个文件名，或明确选择覆盖。',
    },
    'output-is-source': {
      heading: '不能存到原文件上',
      meaning: '盖章的文件另存，原文件没有改动。',
      next: '请换一个文件名，或明确选择替换原文件。',
    },
    'output-no-permission': {
      heading: '这个位置不允许写入',
      meaning: '盖章的文件没有保存，原文件没有改动。',
      next: '请选择另一个文件夹。',
    },
    'output-folder-missing': {
      heading: '要存到的文件夹不在了',
      meaning: '盖章的文件没有保存，原文件没有改动。',
      next: '请选择另一个文件夹。U 盘和网络位置请先确认已连接。',
    },
    'disk-full': {
      heading: '磁盘空间不够',
      meaning: '盖章的文件没有保存，也没有留下半个文件，原文件没有改动。',
      next: '请清出空间，或存到别的磁盘。',
    },
    'self-check-failed': {
      heading: '自检没有通过',
      meaning: '盖出的文件没有通过核对，已经丢弃，原文件没有改动。',
      next: '请再试一次。再次出现时请把原文件和代号交给技术支持。',
    },
    'host-crashed': {
      heading: '读取文件的进程意外退出',
      meaning: '文件在单独的进程里读取，印钥没有受影响，文件没有改动。',
      next: '请再试一次。同一个文件反复出现时不要继续使用它。',
    },
    'host-hung': {
      heading: '读取文件的时间过长',
      meaning: '已经停止读取，文件没有改动。',
      next: '请再试一次。同一个文件反复出现时，请从原稿重新生成 PDF。',
    },
    cancelled: {
      heading: '已取消',
      meaning: '没有盖章，没有留下半个文件，原文件没有改动。',
      next: '需要时再盖一次即可。',
    },
  },
  trust: {
    unreadable: {
      heading: '信任列表读不懂',
      meaning: '文件里没有可用的根证书，不能判断发证机构是否可信。被验的文件没有改动。',
      next: '请换用发证机构提供的根证书文件 (PEM 或 DER)。',
    },
  },
  store: {
    damaged: {
      heading: '印钥的记录文件损坏了',
      meaning: '损坏的文件已放在一旁，没有删除；现在用的是一份新的。密钥盘和您的文件不受影响。',
      next: '可以继续使用。最近的文件和设置须重新来过；需要找回时请联系技术支持。',
    },
    failed: {
      heading: '印钥的记录没有写成',
      meaning: '设置或记录没有保存。密钥盘和您的文件不受影响。',
      next: '请检查磁盘空间和权限，再试一次。',
    },
  },
  audit: {
    broken: {
      heading: '操作记录对不上',
      meaning: '操作记录被改动过或缺了一段。密钥盘和您的文件不受影响。',
      next: '请保留现状，联系单位的印章管理员和技术支持。',
    },
  },
  practice: {
    missing: {
      heading: '没有找到练习环境',
      meaning: '练习用的密钥盘、证书或文件不在了。真正的密钥盘不受影响。',
      next: '请重新启动练习模式，会重新准备好。',
    },
    failed: {
      heading: '练习环境没有准备好',
      meaning: '准备练习用的密钥盘、证书或文件时出错。真正的密钥盘不受影响。',
      next: '请重新启动练习模式。仍不行时请检查磁盘空间，并看清命令行里的提示。',
    },
  },
  usage: {
    heading: '命令的写法不对',
    meaning: '没有做任何事，文件没有改动。',
    next: '请用 --help 查看写法。',
  },
  request: {
    refused: {
      heading: '请求被拒绝',
      meaning: '请求不是从印钥自己的窗口来的，没有执行。密钥盘和文件没有改动。',
      next: '请重新启动印钥。反复出现时请联系技术支持。',
    },
    invalid: {
      heading: '输入的内容不合要求',
      meaning: '没有执行，密钥盘和文件没有改动。',
      next: '请检查输入的内容，再试一次。',
    },
  },
  unexpected: {
    heading: '出现了没有预料到的错误',
    meaning: '这一步没有完成。密钥盘没有受影响，原文件没有改动。',
    next: '请再试一次。反复出现时请把下面的代号告诉技术支持。',
  },
};
