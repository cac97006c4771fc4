/**
 * Writes a picture of a screen as small as it can be kept: fewer shades, each named by one byte where there are few
 * enough, and packed hard. What is lost is far below what a comparison takes for a difference. It reads what browsers
 * write and nothing else: eight bits a channel, not interlaced.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly rgb: Buffer;
}

function decode(png: Buffer): Picture {
  const data: Buffer[] = [];
  const header = png.subarray(16, 29);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const channels = header[9] === 6 ? 4 : 3;
  if (header[8] !== 8 || (header[9] !== 2 && header[9] !== 6) || header[12] !== 0)
    throw new Error('not a picture as browsers write it');
  for (let at = signature.length; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  return {
    width,
    height,
    rgb: withoutAlpha(unfilter(inflateSync(Buffer.concat(data)), width, height, channels), channels),
  };
}

/** Undoes the filter of each row: what was written is the difference from a guess made of its neighbours. */
function unfilter(raw: Buffer, width: number, height: number, channels: number): Buffer {
  const stride = width * channels;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x < channels ? 0 : (out[at - channels] ?? 0);
      const up = y === 0 ? 0 : (out[at - stride] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (out[at - stride - channels] ?? 0);
      out[at] = (raw[y * (stride + 1) + 1 + x] ?? 0) + guess(filter, left, up, corner);
    }
  }
  return out;
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const [toLeft, toUp, toCorner] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  if (toLeft === undefined || toUp === undefined || toCorner === undefined) return 0;
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function withoutAlpha(pixels: Buffer, channels: number): Buffer {
  if (channels === 3) return pixels;
  const rgb = Buffer.alloc((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) pixels.copy(rgb, to, from, from + 3);
  return rgb;
}

/** Each pixel's place in a palette, with as many bits of each channel kept as 256 colours allow. */
function indexed({ rgb }: Picture): { readonly palette: Buffer; readonly places: Buffer } {
  for (let bits = 4; bits > 0; bits -= 1) {
    const shades = 2 ** bits - 1;
    const level = Uint8Array.from({ length: 256 }, (_, value) => Math.round((value / 255) * shades));
    const known = new Map<number, number>();
    const places = Buffer.alloc(rgb.length / 3);
    for (let from = 0, to = 0; from < rgb.length && known.size <= 256; from += 3, to += 1) {
      const [r = 0, g = 0, b = 0] = [
        level[rgb[from] ?? 0],
        level[rgb[from + 1] ?? 0],
        level[rgb[from + 2] ?? 0],
      ];
      const colour = (r << 16) | (g << 8) | b;
      const place = known.get(colour) ?? known.size;
      known.set(colour, place);
      places[to] = place;
    }
    if (known.size > 256) continue;
    const full = (part: number): number => Math.round(((part & 0xff) / shades) * 255);
    const palette = Buffer.from(
      [...known.keys()].flatMap((one) => [full(one >> 16), full(one >> 8), full(one)]),
    );
    return { palette, places };
  }
  throw new Error('two shades a channel make eight colours');
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(body.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

export function smallPng(png: Buffer): Buffer {
  const picture = decode(png);
  const { palette, places } = indexed(picture);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(picture.width, 0);
  header.writeUInt32BE(picture.height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((picture.width + 1) * picture.height);
  for (let y = 0; y < picture.height; y += 1)
    places.copy(rows, y * (picture.width + 1) + 1, y * picture.width, (y + 1) * picture.width);
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
