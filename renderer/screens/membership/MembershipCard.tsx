/** The membership that runs, or ran last: since when, paid until when, what of the running month is left; and renewing it. */
import { Badge, Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Catalogue, Membership } from '../../../shared/api-selling.ts';
import { money } from '../../format.ts';
import { Answered } from '../../parts/Answered.tsx';
import { Facts, type Fact } from '../../parts/Facts.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat, useNow } from '../../parts/useFormat.ts';
import type { Answering } from '../../state/ask.ts';
import { useDesk } from '../../state/mirror.ts';
import type { Purchase } from '../../state/purchases.ts';

const useStyles = makeStyles({
  head: { display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: '4px 10px' },
  plan: {
    fontSize: tokens.fontSizeHero700,
    lineHeight: tokens.lineHeightHero700,
    fontWeight: tokens.fontWeightSemibold,
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  buttons: { display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: '8px 12px', marginTop: 'auto' },
});

const badgeColours = { active: 'success', grace: 'warning', ended: 'informative' } as const;

interface Props {
  readonly membership: Answering<'membership'>;
  readonly catalogue: Catalogue | null;
  readonly onAsk: (purchase: Purchase) => void;
}

export function MembershipCard({ membership, catalogue, onAsk }: Props) {
  const { t } = useTranslation();
  // Whoever never was a member is answered with nothing found.
  const none = membership.body === null && membership.problem?.code === 'not_found';
  return (
    <Section title={t('membership.mine')}>
      {none ? (
        <NoMembership />
      ) : (
        <Answered answer={membership} lines={6}>
          {(body) => <Running membership={body} catalogue={catalogue} onAsk={onAsk} />}
        </Answered>
      )}
    </Section>
  );
}

function NoMembership() {
  const { t } = useTranslation();
  const styles = useStyles();
  const level = useDesk(({ session }) => session.account?.memberLevel);
  return (
    <>
      <span className={styles.plan}>{t('membership.none')}</span>
      <Text className={styles.quiet}>
        {t(level === 'premium' ? 'membership.levelByHand' : 'membership.noneText')}
      </Text>
    </>
  );
}

function Running({
  membership,
  catalogue,
  onAsk,
}: {
  readonly membership: Membership;
  readonly catalogue: Catalogue | null;
  readonly onAsk: (purchase: Purchase) => void;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const nowMs = useNow();
  const offline = useDesk(({ sync }) => sync.online === false);
  const { plan, state, month } = membership;
  const sold = catalogue?.plans.find(({ id }) => id === plan.id) ?? null;
  const runs = state === 'active';
  const facts: (Fact | false)[] = [
    { name: t('membership.level'), value: t(`member.${state === 'ended' ? 'none' : plan.level}`) },
    { name: t('membership.since'), value: format.dateTime(membership.beginsAt) },
    {
      name: t(runs ? 'membership.paidUntil' : 'membership.endedAt'),
      value: format.dateTime(membership.endsAt),
      strong: runs,
    },
    runs && { name: t('membership.left'), value: format.left(membership.endsAt, nowMs) },
    state !== 'ended' && {
      name: t('membership.graceUntil'),
      value: format.dateTime(membership.graceEndsAt),
    },
    runs && { name: t('membership.monthUntil'), value: format.dateTime(month.until) },
  ];
  return (
    <>
      <div className={styles.head}>
        <span className={styles.plan}>{format.name(plan.name)}</span>
        <Badge appearance="tint" color={badgeColours[state]}>
          {t(`membership.state.${state}`)}
        </Badge>
      </div>
      <Facts facts={facts.filter((fact) => fact !== false)} />
      {state !== 'active' && (
        <Text className={styles.quiet}>
          {t(`membership.over.${state}`, { plan: format.name(plan.name) })}
        </Text>
      )}
      {state !== 'ended' && (
        <div className={styles.buttons}>
          <Button
            appearance="primary"
            disabled={offline || sold === null}
            onClick={() => onAsk({ kind: 'renew', what: plan.id })}
          >
            {t('membership.renew')}
          </Button>
          <Text className={styles.quiet}>
            {sold === null
              ? catalogue !== null && t('membership.notSold')
              : t('membership.aMonth', { price: money(sold.price) })}
          </Text>
        </div>
      )}
    </>
  );
}
