/** A text as a QR code, drawn here: nothing of it leaves the page. Black on white in every theme, as scanners want it. */
import { useMemo } from 'react';
import { create } from 'qrcode';

/** Modules of white around it, as the standard asks. */
const quiet = 4;

interface Props {
  readonly text: string;
  readonly label: string;
  /** Too old to be scanned: shown, but pale. */
  readonly pale?: boolean;
}

export function QrCode({ text, label, pale = false }: Props) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      style={{ display: 'block', width: '100%', forcedColorAdjust: 'none' }}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" opacity={pale ? 0.08 : 1} />
    </svg>
  );
}

function drawn(text: string): { readonly size: number; readonly path: string } {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const squares: string[] = [];
  for (let row = 0; row < modules.size; row += 1)
    for (let column = 0; column < modules.size; column += 1)
      if (modules.get(row, column)) squares.push(`M${column + quiet} ${row + quiet}h1v1h-1z`);
  return { size: modules.size + 2 * quiet, path: squares.join('') };
}
