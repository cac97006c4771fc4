/**
 * Makes a platform certificate (X.509, self-signed), which Node can read but not write. For the sandbox alone: it must
 * never be trusted by anything that real money goes through.
 */
import { sign, type KeyObject } from 'node:crypto';

export interface CertificateRequest {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Hex, as `Wechatpay-Serial` has it. */
  readonly serial: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** In PEM. */
export function makeCertificate(request: CertificateRequest): string {
  const { publicKey, privateKey, serial, fromMs, untilMs } = request;
  // sha256WithRSAEncryption, 1.2.840.113549.1.1.11
  const algorithm = sequence(
    tagged(0x06, Buffer.from('2a864886f70d01010b', 'hex')),
    tagged(0x05, Buffer.of()),
  );
  // One name: commonName, 2.5.4.3.
  const name = sequence(
    tagged(
      0x31,
      sequence(tagged(0x06, Buffer.from('550403', 'hex')), tagged(0x0c, Buffer.from('Zhangtai sandbox'))),
    ),
  );
  const subject = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, positive(Buffer.from(serial, 'hex'))),
    algorithm,
    name,
    sequence(time(fromMs), time(untilMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', subject, privateKey);
  const certificate = sequence(subject, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** DER: a tag, a length of its own length, the content. */
function tagged(tag: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? 1 : 2;
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(length, 0, size);
  return Buffer.concat([Buffer.of(tag, 0x80 + size), bytes, content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** A leading bit would be a sign. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]);
}

/** GeneralizedTime, which has four digits for the year. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${text}Z`));
}
