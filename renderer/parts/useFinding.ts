/** Finding one of many by a part of its name, in a field that shows who is chosen. What is typed and not chosen chooses nobody. */
import { useState } from 'react';
import type { ComboboxProps } from '@fluentui/react-components';

interface Finding {
  /** What is looked for; null while the list is shut. */
  readonly sought: string | null;
  /**
   * For the field, which is given its name, its looks and, as its children, what was found. `onChoose` is told the value of an
   * option, or undefined for nobody.
   */
  readonly field: (onChoose: (id: string | undefined) => void) => Partial<ComboboxProps>;
}

const typedMax = 100;

/** A name that is not known yet is empty. */
export function useFinding(chosen: { readonly id: string; readonly name: string } | null): Finding {
  // Null while it is not being typed in.
  const [typed, setTyped] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  return {
    sought: open ? (typed ?? '').trim() : null,
    field: (onChoose) => ({
      freeform: true,
      clearable: true,
      value: typed ?? chosen?.name ?? '',
      selectedOptions: chosen === null ? [] : [chosen.id],
      open,
      onOpenChange: (_, data) => setOpen(data.open),
      onInput: (event) => {
        setTyped(event.currentTarget.value.slice(0, typedMax));
        setOpen(true);
      },
      // Enter that ends a word of an input method chooses nobody.
      onKeyDownCapture: (event) => {
        if (event.nativeEvent.isComposing) event.stopPropagation();
      },
      onBlur: () => setTyped(null),
      onOptionSelect: (_, data) => {
        setTyped(null);
        onChoose(data.optionValue);
      },
    }),
  };
}
