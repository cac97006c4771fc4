/** Text that narrows a list: it counts once the person pauses, leaves the field or presses Enter. */
import { useEffect, useRef, useState } from 'react';
import { SearchBox } from '@fluentui/react-components';

/** How long after the last key the text counts, so that not every letter asks. */
const typingPauseMs = 300;

interface Props {
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly className?: string;
}

export function SearchField({ label, text, onText, className }: Props) {
  // Null while it is not being typed in: then the field shows the text that counts.
  const [typed, setTyped] = useState<string | null>(null);

  // What an input method is still composing is not yet what the person means.
  const [composing, setComposing] = useState(false);
  // The last one given: a list that was drawn anew meanwhile takes the text, too.
  const take = useRef(onText);
  useEffect(() => {
    take.current = onText;
  });

  const takeNow = (): void => {
    if (typed === null) return;
    onText(typed.trim());
    setTyped(null);
  };

  useEffect(() => {
    if (typed === null || composing) return undefined;
    const timer = setTimeout(() => take.current(typed.trim()), typingPauseMs);
    return () => clearTimeout(timer);
  }, [typed, composing]);

  return (
    <SearchBox
      {...(className === undefined ? {} : { className })}
      aria-label={label}
      placeholder={label}
      maxLength={200}
      value={typed ?? text}
      onChange={(_, data) => setTyped(data.value)}
      onCompositionStart={() => setComposing(true)}
      onCompositionEnd={() => setComposing(false)}
      // Whoever types and goes straight on means what they typed.
      onBlur={takeNow}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.nativeEvent.isComposing) takeNow();
      }}
    />
  );
}
