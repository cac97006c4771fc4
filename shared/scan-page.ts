/**
 * Which codes of an order are addresses of the sandbox's page on this machine, for a demo without a phone. Anything
 * else, WeChat's own codes first, is for scanning alone: it must never be opened.
 */
const scanPagePattern = /^http:\/\/127\.0\.0\.1:\d{1,5}\/scan\/[A-Za-z0-9]{1,40}$/;

export function isScanPage(codeUrl: string): boolean {
  return scanPagePattern.test(codeUrl);
}
