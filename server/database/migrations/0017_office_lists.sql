-- Lists over all accounts, newest first, for those who run the business.

CREATE INDEX accounts_newest ON accounts (created_at_ms DESC, id DESC);
