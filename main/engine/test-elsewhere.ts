/**
 * Someone who looks at an account from elsewhere, over HTTP alone, for tests: what a desk says can be compared with what
 * the server has. It must never be imported outside tests.
 */
import { z } from 'zod';
import { Balance, Device, Session, type Transaction, Transactions } from '../../shared/api.ts';

export interface Elsewhere {
  send(method: string, path: string, body?: object): Promise<unknown>;
  balance(): Promise<Balance>;
  /** All that come after number `afterSeq`, oldest first; at most 1,000. */
  transactions(afterSeq: number): Promise<readonly Transaction[]>;
  devices(): Promise<readonly z.infer<typeof Device>[]>;
}

/** Signs in as one of the demonstration's people. Throws for every answer that is not a success. */
export async function signInElsewhere(serverUrl: string, who: string): Promise<Elsewhere> {
  let token = '';
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const init =
      body === undefined
        ? { headers: { authorization: headers.authorization } }
        : { headers, body: JSON.stringify(body) };
    const reply = await fetch(`${serverUrl}/api${path}`, { method, ...init });
    const answer: unknown = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(answer)}`);
    return answer;
  };
  const device = { deviceId: 'elsewhere', deviceName: 'Elsewhere' };
  const asked = { email: `${who}@demo.example`, password: 'zhangtai-demo', ...device };
  token = Session.parse(await send('POST', '/auth/login', asked)).accessToken;
  return {
    send,
    balance: async () => Balance.parse(await send('GET', '/balance')),
    async transactions(afterSeq) {
      const page = await send('GET', `/transactions?afterSeq=${afterSeq}&limit=1000`);
      return Transactions.parse(page).transactions;
    },
    async devices() {
      return z.object({ items: z.array(Device) }).parse(await send('GET', '/devices')).items;
    },
  };
}
