/**
 * Signs what a desk may show a third party: checkpoints of the chain and vouchers of holds (Ed25519, compact JWS).
 * It must never let the private key out.
 */
import {
  calculateJwkThumbprint,
  compactVerify,
  CompactSign,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';

export interface Signer {
  readonly kid: string;
  /** The public half, as served at `/receipts/keys`. */
  readonly jwks: {
    readonly keys: { readonly kty: string; readonly kid: string; readonly [field: string]: unknown }[];
  };
  /** A compact JWS over the payload's JSON. The same payload always gives the same text. */
  sign(payload: object): Promise<string>;
}

const algorithm = 'EdDSA';
/** What the private key is called among the secrets that server processes share. */
export const signingKeyName = 'signing-key';

/** A new private key, to be kept where every server process finds it. */
export async function generateSigningJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: 'Ed25519', extractable: true });
  return exportJWK(privateKey);
}

/** Throws TypeError when the key is not a private Ed25519 key. */
export async function createSigner(jwk: JWK): Promise<Signer> {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.d !== 'string' || typeof jwk.x !== 'string')
    throw new TypeError('the signing key must be a private Ed25519 key in JWK form');
  const key = await importJWK(jwk, algorithm);
  const kid = await calculateJwkThumbprint(jwk);
  const encoder = new TextEncoder();
  return {
    kid,
    jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: jwk.x, kid, alg: algorithm, use: 'sig' }] },
    sign: (payload) =>
      new CompactSign(encoder.encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg: algorithm, kid })
        .sign(key),
  };
}

/** What was signed under one of these keys, as it was said; null where it was not. */
export async function signedStatement(
  jws: string,
  { keys }: Signer['jwks'],
): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const { payload } = await compactVerify(jws, createLocalJWKSet({ keys }));
    return JSON.parse(new TextDecoder().decode(payload)) as Record<string, unknown>;
  } catch {
    return null; // However it fails, it is not our signature.
  }
}
