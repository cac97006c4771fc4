/**
 * The names and bounds of AI calls that the contract and the SDK share. It must never import anything: whoever takes the
 * SDK takes this file with it, and no other package.
 */

/** Names a product, a package, a plan or a provider. */
export const catalogueIdPattern = /^[a-z][a-z0-9_]{0,31}$/;
/** A model by the name that its provider answers with, such as `qwen-max` or `openai/gpt-4o:2024-08-06`. */
export const modelIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/;
/** The most tokens, of a kind, that one use may have. */
export const tokensMax = 1_000_000_000;
/** The most usages that one batch may carry. */
export const usageBatchMax = 500;
