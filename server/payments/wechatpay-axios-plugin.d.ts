/**
 * The parts of wechatpay-axios-plugin that are used here, by their own files: the package's entry sets a property that
 * strict code, which a bundle is, may not set.
 */
declare module 'wechatpay-axios-plugin/lib/aes.js' {
  import { Aes } from 'wechatpay-axios-plugin';
  export = Aes;
}
declare module 'wechatpay-axios-plugin/lib/formatter.js' {
  import { Formatter } from 'wechatpay-axios-plugin';
  export = Formatter;
}
declare module 'wechatpay-axios-plugin/lib/rsa.js' {
  import { Rsa } from 'wechatpay-axios-plugin';
  export = Rsa;
}
