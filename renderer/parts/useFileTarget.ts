/** One file with rows, chosen in a dialog or dropped on an element. It opens no file and keeps none. */
import { useRef, useState, type HTMLAttributes, type InputHTMLAttributes, type RefObject } from 'react';

export interface FileTarget {
  /** A file is being held above the element. */
  readonly isOver: boolean;
  /** Asks for a file in the system's own dialog. */
  readonly choose: () => void;
  /** What the element is given that takes what is dropped … */
  readonly element: Pick<HTMLAttributes<HTMLElement>, 'onDragOver' | 'onDragLeave' | 'onDrop'>;
  /** … and the unseen input in it that asks. */
  readonly input: Pick<InputHTMLAttributes<HTMLInputElement>, 'type' | 'accept' | 'hidden' | 'onChange'> & {
    readonly ref: RefObject<HTMLInputElement | null>;
  };
}

export function useFileTarget(onFile: (file: File) => void): FileTarget {
  const [isOver, setIsOver] = useState(false);
  const ref = useRef<HTMLInputElement>(null);
  const take = (file: File | undefined): void => {
    if (file !== undefined) onFile(file);
    // The same file may be chosen again after it was mended.
    if (ref.current !== null) ref.current.value = '';
  };
  return {
    isOver,
    choose: () => ref.current?.click(),
    element: {
      onDragOver: (event) => {
        event.preventDefault();
        setIsOver(true);
      },
      onDragLeave: () => setIsOver(false),
      onDrop: (event) => {
        event.preventDefault();
        setIsOver(false);
        take(event.dataTransfer.files[0]);
      },
    },
    input: {
      ref,
      type: 'file',
      accept: '.csv,.tsv,.txt,.xlsx',
      hidden: true,
      onChange: (event) => take(event.target.files?.[0]),
    },
  };
}
