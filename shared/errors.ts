/**
 * Every code with which the product refuses something, in one list: the server's problems (RFC 9457) and the
 * desk's own. A code is a stable name; the words for it are in the message files under `problem.<code>`.
 */

/** Codes that the billing server answers with, and the HTTP status of each. */
export const serverProblemStatus = {
  validation_failed: 400,
  unauthenticated: 401,
  token_expired: 401,
  insufficient_balance: 402,
  insufficient_units: 402,
  debt_outstanding: 402,
  forbidden: 403,
  not_found: 404,
  idempotency_mismatch: 409,
  price_changed: 409,
  duplicate_target: 409,
  hold_closed: 409,
  hold_exceeded: 409,
  refund_exceeds: 409,
  adjustment_closed: 409,
  approval_closed: 409,
  approval_expired: 409,
  difference_closed: 409,
  membership_active: 409,
  membership_ended: 409,
  period_closed: 409,
  period_not_closable: 409,
  bill_incomplete: 409,
  bill_booked_before: 409,
  bill_leaves_out: 409,
  figures_changed: 409,
  version_moved: 409,
  payload_too_large: 413,
  account_frozen: 423,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ServerProblemCode = keyof typeof serverProblemStatus;
export const serverProblemCodes = Object.keys(serverProblemStatus) as [
  ServerProblemCode,
  ...ServerProblemCode[],
];

/** Codes that the desk itself refuses with. */
export const deskProblemCodes = [
  'server_unreachable',
  'server_not_zhangtai',
  'server_address_invalid',
  'signed_out',
  'no_price',
  'no_prices_yet',
  'targets_empty',
  'targets_too_many',
  'targets_unreadable',
  'targets_no_good_line',
  'bill_empty',
  'bill_too_large',
  'bill_too_many_lines',
  'bill_unreadable',
  'bill_no_good_line',
  'bill_has_faults',
  'bill_closed',
  'campaign_state',
  'campaign_not_found',
  'executor_unreachable',
  'unsynced_charges',
  'export_running',
  'export_failed',
  'nothing_to_export',
  'margins_too_many',
  'too_many_views',
  'disk_full',
  'data_folder_unwritable',
  'data_folder_in_use',
  'data_newer',
  'data_damaged',
  'backup_unreadable',
  'backup_newer',
  'input_invalid',
  'engine_stopped',
  'unexpected',
] as const;

export type DeskProblemCode = (typeof deskProblemCodes)[number];
export type ProblemCode = ServerProblemCode | DeskProblemCode;
