export const care = {
  changePin: '修改 PIN 码',
  setPin: '去设置 PIN 码',
  running: {
    title: '正在办理：{{act}}',
    pin: '请看前面的小窗口，在那里输入 PIN 码。',
    token: '密钥盘正在处理，请不要拔出。',
    cancel: '停下',
  },
  act: {
    'pin.change': '修改 PIN 码',
    'token.unlock': '现场解锁',
    'token.initialise': '初始化密钥盘',
    'so-pin.change': '修改管理员 PIN 码',
  },
  done: {
    'pin.change': { title: 'PIN 码已修改', text: '以后盖章请用新 PIN 码。证书和印章都没有变。' },
    'token.unlock': { title: '密钥盘已解锁', text: '请持有人试盖一份文件，确认新 PIN 码可用。' },
    'token.initialise': { title: '密钥盘已初始化', text: '持有人的 PIN 码已设好，接下来可以写入证书。' },
    'so-pin.change': {
      title: '管理员 PIN 码已修改',
      text: '密钥盘已核对过新的管理员 PIN 码，旧的可以销毁了。',
    },
  },
  wrongBefore: '其间输错过 {{count}} 次。',
  goOn: '继续办理',
  waitForKey: '插回密钥盘后继续',
  start: '重新开始',
  ways: '查看解锁办法',
  alone: {
    removed: {
      meaning: '密钥盘没有改变，PIN 码没有计入错误次数。',
      next: '插回同一个密钥盘，从这一步接着办。',
    },
    'not-found': {
      meaning: '插入的密钥盘里没有所选的那一个，没有改变任何内容。',
      next: '请插入所选的密钥盘，再重新开始。',
    },
    busy: {
      meaning: '密钥盘正在做上一件事，这一件还没有开始。',
      next: '请等上一件事做完再试，期间不要拔出密钥盘。',
    },
    'used-by-other': {
      meaning: '另一个程序占用着密钥盘。PIN 码没有计入错误次数，密钥盘没有改变。',
      next: '请关闭正在使用密钥盘的网页或程序，再试一次。',
    },
    failed: {
      meaning: '不是 PIN 码的问题，没有计入错误次数。',
      next: '请重新插拔密钥盘再试。反复出现时，请把下面的代号告诉厂商或发证机构。',
    },
    'pin-locked': {
      meaning: '证书和印章都还在，没有损坏。',
      next: '请带密钥盘到窗口解锁，或联系发证机构解锁。不要初始化密钥盘。',
    },
  },
  notice: {
    title: '这个密钥盘还在用出厂 PIN 码',
    text: '“{{label}}”的 PIN 码人人都知道，捡到密钥盘的人就能盖章。改一个只有您知道的，一分钟就好。',
    later: '以后再说',
  },
};
