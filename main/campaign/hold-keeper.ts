/**
 * Brings a campaign's hold about, keeps it alive and gives back what is left, and writes at each step where the campaign
 * stands, so that a crash at any point is asked about again under the same id. It must never let two holds stand for
 * one campaign.
 */
import { v7 as uuidv7 } from 'uuid';
import type { Hold } from '../../shared/api.ts';
import type { Quote } from '../../shared/api-prices.ts';
import type { PauseReason } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { moveJournalOver } from '../cache/database.ts';
import type { DeskContext } from '../desk/context.ts';
import type { CampaignRow, Campaigns } from './campaigns.ts';
import { abandonHold, extendHold, placeHold, releaseHold, type Placed } from './holds.ts';
import type { Pace, Retry } from './pace.ts';

export type KeeperDesk = Pick<
  DeskContext,
  'cache' | 'client' | 'device' | 'session' | 'rounds' | 'clock' | 'log'
>;

export interface HoldRetries {
  readonly place: Retry;
  readonly extend: Retry;
  readonly release: Retry;
}

export type Confirmed = { readonly ok: true } | { readonly ok: false; readonly problem: DeskProblem };

/** A hold that ends within this is given a later end, tried at most this often. */
const extendBeforeMs = 24 * 3_600_000;
const extendEveryMs = 10 * 60_000;

export class HoldKeeper {
  readonly #desk: KeeperDesk;
  readonly #campaigns: Campaigns;
  readonly #pace: Pace;
  readonly #retries: (row: CampaignRow) => HoldRetries;
  readonly #onChange: (row: CampaignRow) => void;

  constructor(
    desk: KeeperDesk,
    campaigns: Campaigns,
    pace: Pace,
    retries: (row: CampaignRow) => HoldRetries,
    onChange: (row: CampaignRow) => void,
  ) {
    this.#desk = desk;
    this.#campaigns = campaigns;
    this.#pace = pace;
    this.#retries = retries;
    this.#onChange = onChange;
  }

  /**
   * Asks for the hold of a `confirmed` campaign. It is `running` afterwards, or `quoted` when the server refused; it
   * stays `confirmed` when the server did not answer.
   */
  async place(row: CampaignRow): Promise<Confirmed> {
    const { place } = this.#retries(row);
    const placed = await this.#pace.whileBusy(place, () =>
      placeHold(this.#desk.client, this.#desk.device.deviceId, row),
    );
    const current = this.#campaigns.get(row.id);
    if (current === null) throw new Error(`campaign ${row.id} was removed while its hold was asked for`);
    // Cancelled while the server was asked: what it set aside is released when the campaign settles.
    if (current.phase !== 'confirmed') return refusal({ code: 'campaign_state', params: {} });
    return this.#take(current, placed);
  }

  /** A `confirmed` campaign that starts without the server: on the reserve, at the price of one. */
  startOnReserve(row: CampaignRow, reserve: Hold): void {
    const startedAtMs = this.#desk.clock.now();
    this.#onChange(
      this.#campaigns.change(row.id, { phase: 'running', hold: reserve, problem: null, startedAtMs }),
    );
  }

  /**
   * The server is back: a campaign that started offline gets the hold it would have had, for what it has yet to follow.
   * Its id was written at the confirm, so that one that was placed unheard is found again.
   */
  takeOwnHold(row: CampaignRow, quantity: number): void {
    const { place } = this.#retries(row);
    if (!this.#isSignedInFor(row) || !this.#pace.isDue(place) || row.quote === null) return;
    const agreed = row.quote;
    const ask = async (): Promise<void> => {
      const asked = { ...row, quote: { ...agreed, quantity } };
      const placed = await placeHold(this.#desk.client, this.#desk.device.deviceId, asked);
      const current = this.#campaigns.get(row.id);
      if (current === null || !isOnReserve(current)) return undefined;
      return this.#takeOver(current, agreed, placed);
    };
    this.#pace.launch(this.#pace.whileBusy(place, ask));
  }

  async #takeOver(row: CampaignRow, agreed: Quote, placed: Placed): Promise<void> {
    const { place } = this.#retries(row);
    switch (placed.kind) {
      case 'placed':
      case 'other_price':
        if (placed.hold.quote === undefined || yuan(placed.hold.quote.unitNet) > yuan(agreed.unitNet))
          return this.#putDearerPrice(row, agreed, placed.hold);
        this.#pace.reset(place);
        this.#onChange(
          this.#campaigns.change(row.id, { hold: placed.hold, quote: placed.hold.quote, problem: null }),
        );
        return this.#desk.rounds.nudge();
      case 'used_up':
        // Placed for another number of follows by a confirm whose answer was lost: it goes back, and a new one is asked for.
        if (row.holdId !== null) {
          const released = await releaseHold(this.#desk.client, row.holdId);
          if (released.kind !== 'released') return this.#pace.putOff(place);
        }
        this.#campaigns.change(row.id, { holdId: uuidv7() });
        return undefined;
      case 'refused':
        this.#pace.putOff(place);
        return this.#pause(row, 'insufficient', placed.problem);
      case 'no_answer':
        return this.#pace.putOff(place);
      default:
        return placed satisfies never;
    }
  }

  async #putDearerPrice(row: CampaignRow, agreed: Quote, hold: Hold): Promise<void> {
    const released = await releaseHold(this.#desk.client, hold.id);
    if (released.kind !== 'released') return this.#pace.putOff(this.#retries(row).place);
    this.#campaigns.change(row.id, { holdId: uuidv7() });
    const actual = hold.quote?.unitNet ?? '';
    this.#pause(row, 'price_changed', {
      code: 'price_changed',
      params: { expected: agreed.unitNet, actual },
    });
  }

  #pause(row: CampaignRow, pauseReason: PauseReason, problem: DeskProblem): void {
    const current = this.#campaigns.get(row.id);
    // A person's own pause stays what it is.
    if (current?.phase !== 'running' && (current?.phase !== 'paused' || current.pauseReason === 'user'))
      return;
    this.#onChange(this.#campaigns.change(row.id, { phase: 'paused', pauseReason, problem }));
  }

  /** A campaign that a crash left between choosing its hold's id and the server's answer: asked again, same id. */
  placeAgain(row: CampaignRow): void {
    const { place } = this.#retries(row);
    if (!this.#isSignedInFor(row) || !this.#pace.isDue(place)) return;
    const again = async (): Promise<void> => {
      const outcome = await this.place(row);
      if (!outcome.ok) this.#pace.putOff(place);
    };
    this.#pace.launch(again());
  }

  /** Asks for a later end in good time. */
  extendInTime(row: CampaignRow): void {
    const { hold } = row;
    const { extend } = this.#retries(row);
    // The reserve is the rounds' to prolong.
    const isLong =
      hold === null ||
      hold.kind === 'reserve' ||
      Date.parse(hold.expiresAt) - this.#desk.clock.now() > extendBeforeMs;
    if (isLong || !this.#isSignedInFor(row) || !this.#pace.isDue(extend)) return;
    const ask = async (): Promise<void> => {
      const extended = await extendHold(this.#desk.client, hold.id);
      this.#pace.wait(extend, extendEveryMs);
      if (extended !== null) this.#campaigns.change(row.id, { hold: extended });
    };
    this.#pace.launch(this.#pace.whileBusy(extend, ask));
  }

  /** Gives back what is left of the hold of a settling campaign, tried until the server has answered; that ends it. */
  release(row: CampaignRow): void {
    const { place, release } = this.#retries(row);
    const { holdId } = row;
    if (holdId === null || place.busy || !this.#isSignedInFor(row) || !this.#pace.isDue(release)) return;
    const ask = async (): Promise<void> => {
      const { client, device } = this.#desk;
      const released = await (row.hold === null
        ? abandonHold(client, device.deviceId, { ...row, holdId })
        : releaseHold(client, holdId));
      if (released.kind === 'refused') this.#tellOfRefusal(row, released.problem);
      if (released.kind !== 'released') return this.#pace.putOff(release);
      const ended = this.#campaigns.change(row.id, {
        phase: row.cancelling ? 'cancelled' : 'done',
        hold: released.hold ?? row.hold,
        problem: null,
        endedAtMs: this.#desk.clock.now(),
      });
      this.#onChange(ended);
      this.#desk.rounds.nudge();
    };
    this.#pace.launch(this.#pace.whileBusy(release, ask));
  }

  /** It is asked again all the same, but a person has to know what keeps the money. */
  #tellOfRefusal(row: CampaignRow, problem: DeskProblem): void {
    this.#desk.log.warn({ campaignId: row.id, problem }, 'the server does not release a hold');
    this.#onChange(this.#campaigns.change(row.id, { problem }));
  }

  async #take(row: CampaignRow, placed: Placed): Promise<Confirmed> {
    switch (placed.kind) {
      case 'placed':
        this.#onChange(
          this.#campaigns.change(row.id, {
            phase: 'running',
            hold: placed.hold,
            problem: null,
            startedAtMs: this.#desk.clock.now(),
          }),
        );
        // From here on follows stand for money: that there is such a campaign must outlast any of them.
        moveJournalOver(this.#desk.cache);
        this.#desk.rounds.nudge();
        return { ok: true };
      case 'used_up':
        return this.#backToQuoted(row, { code: 'hold_closed', params: {} }, { holdId: null });
      case 'refused':
        return this.#backToQuoted(row, placed.problem, { holdId: null });
      case 'other_price':
        return this.#refuseOtherPrice(row, placed.hold);
      case 'no_answer':
        return refusal(placed.problem);
      default:
        return placed satisfies never;
    }
  }

  /** The server's price is not the confirmed one: nothing stays set aside, and the person is asked again. */
  async #refuseOtherPrice(row: CampaignRow, hold: Hold): Promise<Confirmed> {
    const released = await releaseHold(this.#desk.client, hold.id);
    const problem: DeskProblem = {
      code: 'price_changed',
      params: { expected: row.quote?.total ?? '', actual: yuanText(yuan(hold.amount)) },
    };
    const current = this.#campaigns.get(row.id);
    if (current?.phase !== 'confirmed') return refusal(problem);
    // Not released: the id is kept, so that the next confirm or discard finds it and releases it.
    const holdId = released.kind === 'released' ? null : row.holdId;
    return this.#backToQuoted(current, problem, { holdId, quote: hold.quote ?? row.quote });
  }

  #backToQuoted(
    row: CampaignRow,
    problem: DeskProblem,
    change: Partial<Pick<CampaignRow, 'holdId' | 'quote'>>,
  ): Confirmed {
    this.#onChange(this.#campaigns.change(row.id, { ...change, phase: 'quoted', problem }));
    this.#desk.rounds.nudge();
    return refusal(problem);
  }

  #isSignedInFor(row: CampaignRow): boolean {
    return this.#desk.session.signedIn() && this.#desk.session.account()?.id === row.accountId;
  }
}

/** Whether it started offline and has no hold of its own yet. */
export function isOnReserve(row: CampaignRow): boolean {
  return row.hold?.kind === 'reserve';
}

function refusal(problem: DeskProblem): Confirmed {
  return { ok: false, problem };
}
