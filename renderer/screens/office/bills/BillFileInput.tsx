/** Takes a provider's file, chosen or dropped, has the engine open it, and asks whose it is. */
import { useState } from 'react';
import {
  Button,
  Field,
  makeStyles,
  mergeClasses,
  Select,
  Spinner,
  Text,
  tokens,
} from '@fluentui/react-components';
import { DocumentArrowUp20Regular, DocumentTable24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { billBytesMax } from '../../../../shared/ipc-bills.ts';
import type { DeskProblem } from '../../../../shared/ipc-words.ts';
import { bytesAsBase64 } from '../../../parts/fileBytes.ts';
import { ProblemMessage } from '../../../parts/ProblemMessage.tsx';
import { Section } from '../../../parts/Section.tsx';
import { useFileTarget } from '../../../parts/useFileTarget.ts';
import { useFormat } from '../../../parts/useFormat.ts';
import { useCommand } from '../../../state/command.ts';
import { useProviders } from '../parts/useProviders.ts';
import { firstDraft, type Importing } from './draft.ts';

const useStyles = makeStyles({
  drop: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: '8px',
    minHeight: '168px',
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  over: { outline: `2px dashed ${tokens.colorBrandStroke1}`, outlineOffset: '-2px' },
  quiet: { color: tokens.colorNeutralForeground3 },
  line: { display: 'flex', flexWrap: 'wrap', alignItems: 'flex-start', gap: '8px 24px' },
  file: {
    display: 'flex',
    flexDirection: 'column',
    minWidth: 0,
    flex: '1 1 240px',
    overflowWrap: 'anywhere',
  },
  provider: { minWidth: '200px' },
});

const megabyte = 1024 * 1024;

interface Props {
  readonly importing: Importing | null;
  readonly onImporting: (importing: Importing) => void;
}

export function BillFileInput({ importing, onImporting }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const opening = useOpening(importing, onImporting);
  const { isOver, choose, element, input } = useFileTarget((file) => void opening.open(file));
  return (
    <div {...element}>
      <input {...input} aria-label={t('office.bills.chooseFile')} />
      {importing === null ? (
        <div className={mergeClasses(styles.drop, isOver && styles.over)}>
          {opening.busy ? (
            <Spinner size="small" label={t('office.bills.reading')} />
          ) : (
            <>
              <DocumentTable24Regular aria-hidden />
              <Text>{t('office.bills.drop')}</Text>
              <Text size={200} className={styles.quiet}>
                {t('office.bills.fileTypes', { max: billBytesMax / megabyte })}
              </Text>
              <Button icon={<DocumentArrowUp20Regular />} onClick={choose}>
                {t('office.bills.chooseFile')}
              </Button>
            </>
          )}
        </div>
      ) : (
        <OpenFile importing={importing} busy={opening.busy} onImporting={onImporting} onOther={choose} />
      )}
      {opening.problem !== null && <ProblemMessage problem={opening.problem} />}
    </div>
  );
}

interface Opening {
  readonly busy: boolean;
  readonly problem: DeskProblem | null;
  readonly open: (file: File) => Promise<void>;
}

function useOpening(before: Importing | null, onImporting: Props['onImporting']): Opening {
  const open = useCommand('bill.open');
  const [problem, setProblem] = useState<DeskProblem | null>(null);
  const { ids } = useProviders();
  return {
    busy: open.busy,
    problem: problem ?? open.problem,
    async open(chosen) {
      setProblem(tooLarge(chosen));
      if (chosen.size > billBytesMax) return;
      let base64: string;
      try {
        base64 = await bytesAsBase64(chosen);
      } catch {
        // It was moved or removed after it was chosen.
        setProblem({ code: 'bill_unreadable', params: {} });
        return;
      }
      const reply = await open.run({ fileName: chosen.name.slice(-200), base64 });
      if (reply?.ok !== true) return;
      const provider = before?.provider ?? (ids.length === 1 ? (ids[0] ?? '') : '');
      onImporting({ file: reply.output, provider, draft: firstDraft(reply.output, provider) });
    },
  };
}

function tooLarge({ size }: File): DeskProblem | null {
  if (size <= billBytesMax) return null;
  const params = { size: String(Math.ceil(size / megabyte)), max: String(billBytesMax / megabyte) };
  return { code: 'bill_too_large', params };
}

interface OpenProps {
  readonly importing: Importing;
  readonly busy: boolean;
  readonly onImporting: Props['onImporting'];
  readonly onOther: () => void;
}

function OpenFile({ importing: { file, provider }, busy, onImporting, onOther }: OpenProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { ids, nameOf } = useProviders();
  const known = file.mappings.some((kept) => kept.provider === provider);
  return (
    <Section title={t('office.bills.whose')}>
      <div className={styles.line}>
        <span className={styles.file}>
          <Text weight="semibold">{file.fileName}</Text>
          <Text size={200} className={styles.quiet}>
            {t('office.bills.fileIs', {
              encoding: file.encoding.toUpperCase(),
              lines: format.count(file.lines),
              columns: format.count(file.columns),
            })}
          </Text>
        </span>
        <Field
          label={t('office.bills.provider')}
          required
          hint={
            provider === ''
              ? t(ids.length === 0 ? 'office.bills.noProvider' : 'office.bills.nameProvider')
              : t(known ? 'office.bills.asLastTime' : 'office.bills.firstTime')
          }
        >
          <Select
            className={styles.provider}
            value={provider}
            onChange={(_, { value }) =>
              onImporting({ file, provider: value, draft: firstDraft(file, value) })
            }
          >
            <option value="">{t('office.bills.choose')}</option>
            {ids.map((id) => (
              <option key={id} value={id}>
                {nameOf(id)}
              </option>
            ))}
          </Select>
        </Field>
        <Button disabledFocusable={busy} onClick={onOther}>
          {t('office.bills.otherFile')}
        </Button>
      </div>
    </Section>
  );
}
