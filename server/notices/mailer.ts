/**
 * Sends the mails of notices through SMTP, each at least once. A mail may go out twice only when a process ends
 * between sending and noting it; both then carry one Message-ID. It must never log an address or a password.
 */
import { createTransport } from 'nodemailer';
import type { Queryable } from '../database/database.ts';
import { mailText } from './mail-text.ts';
import { endNotice, postponeNotice, takeNotices, type Notice } from './notice-queue.ts';

export interface MailSettings {
  /** `smtp://user:password@host:port`, or `smtps://`. */
  readonly smtpUrl: string;
  /** The sender, such as `Zhangtai <billing@example.com>`. */
  readonly from: string;
}

export interface MailerOptions extends MailSettings {
  readonly database: Queryable;
  /** Milliseconds since 1970 UTC. */
  readonly clock: () => number;
  /** A mail could not be sent, or the database not be read; it is tried again unless `final`. */
  readonly onFailure: (error: unknown, final: boolean) => void;
  /** Milliseconds between two looks for mail; shorter in tests. */
  readonly lookEveryMs?: number;
}

export interface Mailer {
  /** Lets the mail that is under way finish. */
  stop(): Promise<void>;
}

const lookEveryMsDefault = 2_000;
/** Mails that one look takes. All of them are tried before their lease ends. */
const mailsTakenMax = 5;
const sendMsMax = 20_000;
const leaseMs = 5 * 60_000;
/** The wait after the first failure; it doubles with each. */
const retryFirstMs = 5_000;
const retryMsMax = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** A warning that is older helps nobody any more; what was found is looked into after a weekend, too. */
const giveUpAfter = {
  low_balance: { ageMs: dayMs, said: 'a day' },
  findings: { ageMs: 7 * dayMs, said: 'a week' },
} as const;

export function startMailer(options: MailerOptions): Mailer {
  const { database, clock, onFailure, lookEveryMs = lookEveryMsDefault } = options;
  const transport = createTransport({
    url: options.smtpUrl,
    connectionTimeout: sendMsMax,
    greetingTimeout: sendMsMax,
    socketTimeout: sendMsMax,
  });
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const send = async (notice: Notice): Promise<void> => {
    const { ageMs, said } = giveUpAfter[notice.told.kind];
    if (clock() - notice.createdAtMs > ageMs) {
      onFailure(new Error(`notice ${notice.id} could not be sent in ${said}`), true);
      return endNotice(database, notice, 'given_up', clock());
    }
    try {
      await transport.sendMail({
        from: options.from,
        to: notice.address,
        textEncoding: 'quoted-printable',
        messageId: `<${notice.id}@notices.zhangtai>`,
        ...mailText(notice.told, notice, notice.accountNames),
      });
    } catch (error) {
      onFailure(error, false);
      const waitMs = Math.min(retryFirstMs * 2 ** (notice.attempt - 1), retryMsMax);
      return postponeNotice(database, notice, clock() + waitMs);
    }
    return endNotice(database, notice, 'sent', clock());
  };

  const look = async (): Promise<void> => {
    try {
      const due = { nowMs: clock(), leaseMs, limit: mailsTakenMax };
      for (const notice of await takeNotices(database, due)) await send(notice);
    } catch (error) {
      onFailure(error, false); // Nothing is lost: what was taken is due again after its lease.
    }
    if (!stopped) timer = setTimeout(again, lookEveryMs);
  };
  let underWay = Promise.resolve();
  const again = (): void => {
    underWay = look();
  };
  again();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await underWay;
      clearTimeout(timer);
      transport.close();
    },
  };
}
