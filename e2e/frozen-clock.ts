/**
 * Preloaded into the processes of a desk whose pictures are compared: time stands still at the instant that the
 * environment names, so that two runs show the same. It must never be part of the product.
 */
const named = process.env['ZHANGTAI_FROZEN_AT'];
if (named === undefined) throw new Error('ZHANGTAI_FROZEN_AT names no instant');
const frozenMs = Date.parse(named);

globalThis.Date = new Proxy(Date, {
  construct: (real, parts, asked) =>
    Reflect.construct(real, parts.length === 0 ? [frozenMs] : parts, asked) as object,
  get: (real, name) => (name === 'now' ? () => frozenMs : (Reflect.get(real, name) as unknown)),
});
