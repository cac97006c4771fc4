/** Takes targets as pasted text or as a file, chosen or dropped. The engine reads them; this only holds them. */
import { useId } from 'react';
import { Button, Field, makeStyles, mergeClasses, Text, Textarea, tokens } from '@fluentui/react-components';
import { DocumentArrowUp20Regular, DocumentText24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { DeskProblem } from '../../../shared/ipc-words.ts';
import { useFileTarget } from '../../parts/useFileTarget.ts';
import { useFormat } from '../../parts/useFormat.ts';
import { problemText } from '../../parts/words.ts';
import { typeCampaign, useDrafts } from '../../state/drafts.ts';

const useStyles = makeStyles({
  area: {
    position: 'relative',
    flex: '1 1 0',
    minHeight: '160px',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  field: { flex: '1 1 0', minHeight: 0, display: 'flex', flexDirection: 'column' },
  text: {
    flex: '1 1 0',
    minHeight: '96px',
    '& textarea': { fontFamily: tokens.fontFamilyMonospace, height: '100%', maxHeight: 'none' },
  },
  bar: { display: 'flex', alignItems: 'center', gap: '12px', color: tokens.colorNeutralForeground3 },
  file: {
    flex: '1 1 0',
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    justifyContent: 'center',
    gap: '8px',
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  over: {
    outline: `2px dashed ${tokens.colorBrandStroke1}`,
    outlineOffset: '4px',
    borderRadius: tokens.borderRadiusMedium,
  },
  wrong: { color: tokens.colorStatusDangerForeground1 },
});

export function TargetsInput({ problem }: { readonly problem: DeskProblem | null }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const file = useDrafts((state) => state.form.file);
  const text = useDrafts((state) => state.form.text);
  const { isOver, choose, element, input } = useFileTarget((chosen) => typeCampaign({ file: chosen }));
  const problemId = useId();
  const lines = text === '' ? 0 : text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').length;
  const wrong = problem === null ? {} : { validationMessage: problemText(t, problem) };

  return (
    <div {...element} className={mergeClasses(styles.area, isOver && styles.over)}>
      <input {...input} aria-label={t('newCampaign.chooseFile')} />
      {file === null ? (
        <Field className={styles.field} label={t('newCampaign.paste')} {...wrong}>
          <Textarea
            className={styles.text}
            resize="none"
            value={text}
            placeholder={t('newCampaign.pastePlaceholder')}
            spellCheck={false}
            onChange={(_, data) => typeCampaign({ text: data.value })}
          />
        </Field>
      ) : (
        <div className={styles.file}>
          <DocumentText24Regular aria-hidden />
          <Text weight="semibold">{file.name}</Text>
          <Text size={200}>
            {t('newCampaign.fileSize', { size: format.count(Math.ceil(file.size / 1024)) })}
          </Text>
          <Button size="small" onClick={() => typeCampaign({ file: null })}>
            {t('newCampaign.removeFile')}
          </Button>
          {problem !== null && (
            <Text id={problemId} role="alert" className={styles.wrong}>
              {problemText(t, problem)}
            </Text>
          )}
        </div>
      )}
      <div className={styles.bar}>
        <Button icon={<DocumentArrowUp20Regular />} onClick={choose}>
          {t('newCampaign.chooseFile')}
        </Button>
        <Text size={200}>
          {file === null && lines > 0
            ? t('newCampaign.lines', { lines: format.count(lines) })
            : t('newCampaign.formats')}
        </Text>
      </div>
    </div>
  );
}
