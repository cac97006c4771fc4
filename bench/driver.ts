/**
 * Sends charges to a server as fast as it answers, from a process of its own and with as little work a request as
 * can be, so that the server's speed is measured and not the load's. It must never send the next request on a
 * connection before the last is answered, or count an answer that is not a new charge.
 */
import { connect, type Socket } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import { percentile } from './row.ts';

/** What the parent asks for; `batch` is how many charges go in one request, 1 the plain endpoint. */
export interface Job {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly batch: number;
  /** The run ends at whichever comes first. */
  readonly msMax: number;
  readonly chargesMax: number;
}

export interface Run {
  readonly charges: number;
  readonly perSecond: number;
  /** Of a request. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const head = /^HTTP\/1\.1 (\d{3}) [^]*?\r\ncontent-length: (\d+)\r\n[^]*?\r\n\r\n/i;
/** Numbers go on over all runs of this process, as a device's do. */
let deviceSeq = 0;

function chargeText(): string {
  deviceSeq += 1;
  return (
    `{"id":"${uuidv7()}","platform":"xiaohongshu","operation":"follow","targetUserId":"target-${deviceSeq}",` +
    `"deviceId":"bench-${process.pid}","deviceSeq":${deviceSeq},"occurredAt":"${new Date().toISOString()}"}`
  );
}

function requestText({ url, token, batch }: Job): string {
  const body =
    batch === 1
      ? chargeText()
      : `{"charges":[${Array.from({ length: batch }, () => chargeText()).join(',')}]}`;
  return (
    `POST /api/billing/${batch === 1 ? 'charge' : 'charges'} HTTP/1.1\r\nhost: ${new URL(url).host}\r\n` +
    `authorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  );
}

/** Throws on an answer that is not what a new charge gets. */
function check(status: string, body: string, batch: number): void {
  const charged = batch === 1 ? status === '201' : body.split('"status":"charged"').length === batch + 1;
  if (!charged) throw new Error(`the server answered ${status} ${body.slice(0, 500)}`);
}

/** One connection: asks, waits for the whole answer, asks again, until `mayGoOn` says no. */
async function work(job: Job, mayGoOn: () => boolean, done: (ms: number) => void): Promise<void> {
  const { hostname, port } = new URL(job.url);
  const socket: Socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise<void>((resolve, reject) => {
    let received = '';
    let sentAt = 0;
    const next = (): void => {
      if (!mayGoOn()) {
        socket.destroy();
        resolve();
        return;
      }
      const text = requestText(job);
      sentAt = performance.now();
      socket.write(text);
    };
    // The answers are ASCII: as many characters as bytes.
    socket.setEncoding('latin1').on('data', (part: string) => {
      received += part;
      const match = head.exec(received);
      if (match === null) return;
      const [whole, status = '', length] = match;
      if (received.length < whole.length + Number(length)) return;
      const body = received.slice(whole.length);
      received = '';
      done(performance.now() - sentAt);
      try {
        check(status, body, job.batch);
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      next();
    });
    socket.on('error', reject);
    socket.on('connect', next);
  });
}

async function run(job: Job): Promise<Run> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let sent = 0;
  const mayGoOn = (): boolean => {
    if (performance.now() - startedAt >= job.msMax || sent + job.batch > job.chargesMax) return false;
    sent += job.batch;
    return true;
  };
  const workers = Array.from({ length: job.connections }, () =>
    work(job, mayGoOn, (ms) => latenciesMs.push(ms)),
  );
  await Promise.all(workers);
  const charges = latenciesMs.length * job.batch;
  if (charges === 0) throw new Error('the run was over before a charge was made');
  return {
    charges,
    perSecond: (charges * 1_000) / (performance.now() - startedAt),
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}

process.on('message', (job: Job) => {
  void run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
