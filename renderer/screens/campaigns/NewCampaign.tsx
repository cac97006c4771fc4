/**
 * A new campaign: its name, platform, executor and targets. Reading them makes a draft that is then priced; nothing
 * is charged or started here, and what was typed stays until that has succeeded.
 */
import { useState, type FormEvent } from 'react';
import { Button, Field, Input, makeStyles, Select, Spinner, tokens } from '@fluentui/react-components';
import { ArrowLeft20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { CommandInput } from '../../../shared/ipc.ts';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { ExecutorFields } from '../../parts/ExecutorFields.tsx';
import { Page } from '../../parts/Page.tsx';
import { ProblemMessage } from '../../parts/ProblemMessage.tsx';
import { Section } from '../../parts/Section.tsx';
import { platformName, problemText } from '../../parts/words.ts';
import { useCommand } from '../../state/command.ts';
import { noteCreated, typeCampaign, useDrafts, type CampaignForm } from '../../state/drafts.ts';
import { noteCampaign, useDesk } from '../../state/mirror.ts';
import { goToCampaigns } from '../../state/navigation.ts';
import { bytesAsBase64 } from '../../parts/fileBytes.ts';
import { TargetsInput } from './TargetsInput.tsx';

const useStyles = makeStyles({
  columns: {
    display: 'grid',
    gridTemplateColumns: 'minmax(280px, 5fr) minmax(0, 7fr)',
    gap: '16px',
    flex: '1 1 0',
    minHeight: 0,
  },
  column: { display: 'flex', flexDirection: 'column', gap: '16px', minHeight: 0, overflow: 'auto' },
  grow: { flex: '1 1 0' },
  footer: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexShrink: 0 },
  hint: { color: tokens.colorNeutralForeground3, marginRight: 'auto' },
});

/** The field's own problem, in words, when the refusal names it or a part of it. */
function wrongField(problem: DeskProblem | null, field: string): DeskProblem | null {
  return problem?.field === field || problem?.field?.startsWith(`${field}.`) === true ? problem : null;
}

export function NewCampaign() {
  const { t } = useTranslation();
  const styles = useStyles();
  const form = useDrafts((state) => state.form);
  const settings = useDesk((desk) => desk.settings);
  const prices = useDesk(({ pricing }) => pricing?.book.prices) ?? [];
  const create = useCommand('campaign.create');
  const [reading, setReading] = useState(false);
  const [unreadable, setUnreadable] = useState(false);

  const followed = prices.filter(({ operation }) => operation === 'follow').map(({ platform }) => platform);
  const platform = form.platform ?? followed[0];
  const executor = form.executor ?? settings.executor;
  const hasTargets = form.file !== null || form.text.trim() !== '';
  const complete = form.name.trim() !== '' && platform !== undefined && hasTargets;
  const busy = reading || create.busy;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!complete || busy) return;
    setReading(true);
    const targets = await targetsOf(form);
    setReading(false);
    setUnreadable(targets === null);
    if (targets === null) return;
    const reply = await create.run({
      name: form.name.trim(),
      platform,
      operation: 'follow',
      executor,
      targets,
    });
    if (reply?.ok !== true) return;
    const { campaign, report } = reply.output;
    noteCampaign(campaign);
    noteCreated(campaign.id, report);
    goToCampaigns({ kind: 'one', id: campaign.id });
  };

  const nameWrong = wrongField(create.problem, 'name');
  const urlWrong = wrongField(create.problem, 'executor');
  const targetsWrong = unreadable
    ? unreadableTargets
    : (wrongField(create.problem, 'targets') ?? ofTargets(create.problem));
  const elsewhere =
    create.problem !== null && nameWrong === null && urlWrong === null && targetsWrong === null;

  return (
    <Page title={t('campaigns.new')} before={<BackToList />} fill>
      <form style={{ display: 'contents' }} onSubmit={(event) => void submit(event)} noValidate>
        <div className={styles.columns}>
          <div className={styles.column}>
            <Section title={t('newCampaign.what')}>
              <Field
                label={t('newCampaign.name')}
                required
                {...(nameWrong === null ? {} : { validationMessage: problemText(t, nameWrong) })}
              >
                <Input
                  value={form.name}
                  maxLength={100}
                  placeholder={t('newCampaign.namePlaceholder')}
                  onChange={(_, data) => typeCampaign({ name: data.value })}
                />
              </Field>
              <Field
                label={t('newCampaign.platform')}
                {...(prices.length === 0 ? { hint: t('pricing.notYet') } : {})}
              >
                <Select value={platform ?? ''} onChange={(_, data) => typeCampaign({ platform: data.value })}>
                  {followed.map((one) => (
                    <option key={one} value={one}>
                      {platformName(t, one)}
                    </option>
                  ))}
                </Select>
              </Field>
              <ExecutorFields
                value={executor}
                onChange={(value) => typeCampaign({ executor: value })}
                urlProblem={urlWrong === null ? undefined : problemText(t, urlWrong)}
              />
            </Section>
          </div>
          <Section title={t('newCampaign.targets')} className={styles.grow}>
            <TargetsInput problem={targetsWrong} />
          </Section>
        </div>
        {elsewhere && create.problem !== null && <ProblemMessage problem={create.problem} />}
        <div className={styles.footer}>
          <span className={styles.hint}>{t('newCampaign.nothingYet')}</span>
          <Button onClick={() => goToCampaigns({ kind: 'list' })}>{t('common.back')}</Button>
          <Button
            type="submit"
            appearance="primary"
            disabled={!complete || busy}
            {...(busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
          >
            {busy ? t('newCampaign.reading') : t('newCampaign.readAndQuote')}
          </Button>
        </div>
      </form>
    </Page>
  );
}

const unreadableTargets: DeskProblem = { code: 'targets_unreadable', params: {}, field: 'targets' };

/** The targets as the command takes them; null when the chosen file can't be read any more. */
async function targetsOf({
  file,
  text,
}: Pick<CampaignForm, 'file' | 'text'>): Promise<CommandInput<'campaign.create'>['targets'] | null> {
  if (file === null) return { kind: 'text', text };
  try {
    return { kind: 'file', fileName: file.name, base64: await bytesAsBase64(file) };
  } catch {
    return null; // It was moved or removed after it was chosen; the caller says so.
  }
}

/** Refusals that are about the targets by their nature, whether or not they name the field. */
function ofTargets(problem: DeskProblem | null): DeskProblem | null {
  return problem?.code.startsWith('targets_') === true ? problem : null;
}

export function BackToList() {
  const { t } = useTranslation();
  return (
    <Button
      appearance="subtle"
      size="small"
      icon={<ArrowLeft20Regular />}
      aria-label={t('campaigns.backToList')}
      onClick={() => goToCampaigns({ kind: 'list' })}
    />
  );
}
