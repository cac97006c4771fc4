/**
 * Imports a provider's bill: the file, what its columns mean and how they are written, and what comes of that, line by
 * line, before anything is sent. The engine reads the file; what was set is kept with the provider for the next one.
 */
import { useState } from 'react';
import { Button, Checkbox, Spinner, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowLeft20Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { ProviderBill, UnnamedChoice } from '../../../../shared/api-bills.ts';
import type { BillPreview } from '../../../../shared/ipc-bills.ts';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { Page } from '../../../parts/Page.tsx';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useCommand } from '../../../state/command.ts';
import { useKept } from '../../../state/office.ts';
import { useReading } from '../../../state/reading.ts';
import { BillFileInput } from './BillFileInput.tsx';
import { ColumnsCard } from './ColumnsCard.tsx';
import { mappingOf, withItem, type Draft, type Importing } from './draft.ts';
import { FormatsCard } from './FormatsCard.tsx';
import { PreviewCard } from './PreviewCard.tsx';
import { UnnamedDialog } from './UnnamedDialog.tsx';

const useStyles = makeStyles({
  footer: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'flex-end',
    gap: tokens.spacingHorizontalS,
    position: 'sticky',
    // Over the screen's own lower edge, whatever is scrolled to.
    bottom: 0,
    marginBottom: '-24px',
    padding: '10px 0 14px',
    zIndex: 1,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  hint: { color: tokens.colorNeutralForeground3, marginRight: 'auto' },
});

interface Props {
  readonly onDone: (bill: ProviderBill) => void;
  readonly onClose: () => void;
}

export function ImportBill({ onDone, onClose }: Props) {
  const { t } = useTranslation();
  const [importing, setImporting] = useKept<Importing | null>('bills.importing', null);
  const back = (
    <Button
      appearance="subtle"
      size="small"
      icon={<ArrowLeft20Regular />}
      aria-label={t('office.bills.back')}
      onClick={onClose}
    />
  );
  return (
    <Page title={t('office.bills.import')} before={back}>
      <BillFileInput importing={importing} onImporting={setImporting} />
      {importing !== null && (
        <Reading
          // Another file begins with nothing of this one.
          key={importing.file.id}
          importing={importing}
          onDraft={(draft) => setImporting({ ...importing, draft })}
          onDone={(bill) => {
            setImporting(null);
            onDone(bill);
          }}
          onClosed={() => setImporting(null)}
          onCancel={onClose}
        />
      )}
    </Page>
  );
}

interface ReadingProps {
  readonly importing: Importing;
  readonly onDraft: (draft: Draft) => void;
  readonly onDone: (bill: ProviderBill) => void;
  readonly onClosed: () => void;
  readonly onCancel: () => void;
}

function Reading({ importing, onDraft, onDone, onClosed, onCancel }: ReadingProps) {
  const { t } = useTranslation();
  const { file, provider, draft } = importing;
  const mapping = mappingOf(draft);
  const reading = useReading('bill.preview', mapping === null ? null : { id: file.id, mapping });
  const preview = mapping === null ? null : reading.output;
  const send = useCommand('bill.send');
  // The bill that the server has in full, and what was left out of it, while earlier lines are to be decided on.
  const [deciding, setDeciding] = useState<{ readonly bill: string; readonly leaveOut: number } | null>(null);
  const submit = async (leaveOut: number, unnamed?: UnnamedChoice): Promise<void> => {
    if (mapping === null) return;
    const how = { id: file.id, provider, mapping, leaveOut };
    const reply = await send.run(unnamed === undefined ? how : { ...how, unnamed });
    if (reply?.ok === true) onDone(reply.output);
    else if (reply?.problem.code === 'bill_leaves_out')
      setDeciding({ bill: reply.problem.params['id'] ?? '', leaveOut });
  };
  // The desk was started anew since the file was chosen.
  const closed = [reading.problem, send.problem].find((problem) => problem?.code === 'bill_closed');
  if (closed !== undefined && closed !== null)
    return (
      <>
        <ProblemMessage problem={closed} />
        <div>
          <Button onClick={onClosed}>{t('office.bills.chooseAgain')}</Button>
        </div>
      </>
    );
  return (
    <>
      <ColumnsCard file={file} draft={draft} onDraft={onDraft} />
      <FormatsCard draft={draft} businessZone={file.timeZone} onDraft={onDraft} />
      {reading.problem !== null && <ProblemMessage problem={reading.problem} />}
      {preview !== null && (
        <PreviewCard
          preview={preview}
          provider={provider}
          onItem={(said, item) => onDraft(withItem(draft, said, item))}
        />
      )}
      <Footer
        preview={preview}
        isMapped={mapping !== null}
        hasProvider={provider !== ''}
        busy={send.busy}
        problem={deciding === null ? send.problem : null}
        onSend={(leaveOut) => void submit(leaveOut)}
        onCancel={onCancel}
      />
      {deciding !== null && (
        <UnnamedDialog
          bill={deciding.bill}
          busy={send.busy}
          problem={send.problem}
          onDecide={(unnamed) => void submit(deciding.leaveOut, unnamed)}
          onClose={() => {
            send.clear();
            setDeciding(null);
          }}
        />
      )}
    </>
  );
}

interface FooterProps {
  readonly preview: BillPreview | null;
  readonly isMapped: boolean;
  readonly hasProvider: boolean;
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  /** With how many lines left out. */
  readonly onSend: (leaveOut: number) => void;
  readonly onCancel: () => void;
}

function Footer({ preview, isMapped, hasProvider, busy, problem, onSend, onCancel }: FooterProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  // Agreed to for so many lines: where other ones can't be read, it is asked again.
  const [agreedTo, setAgreedTo] = useState<number | null>(null);
  const bad = preview?.bad ?? 0;
  const agreed = bad === 0 || agreedTo === bad;
  const ready = preview !== null && preview.good > 0 && hasProvider && agreed;
  const hint = !isMapped
    ? 'office.bills.nameColumns'
    : preview === null
      ? 'office.bills.reading'
      : hasProvider
        ? 'office.bills.nothingBooked'
        : 'office.bills.nameProvider';
  return (
    <>
      {problem !== null && <ProblemMessage problem={problem} />}
      <div className={styles.footer}>
        <Text size={200} className={styles.hint}>
          {t(hint)}
        </Text>
        {bad > 0 && (
          <Checkbox
            label={t('office.bills.leaveOut', { lines: format.count(bad) })}
            checked={agreed}
            onChange={(_, data) => setAgreedTo(data.checked === true ? bad : null)}
          />
        )}
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <Button
          appearance="primary"
          disabledFocusable={!ready || busy}
          {...(busy ? { icon: <Spinner size="tiny" aria-hidden /> } : {})}
          onClick={() => ready && !busy && onSend(bad)}
        >
          {preview === null || preview.good === 0
            ? t('office.bills.send')
            : t('office.bills.sendLines', { lines: format.count(preview.good) })}
        </Button>
      </div>
    </>
  );
}
