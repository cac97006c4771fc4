/** A chosen file's bytes in base64, as the bridge carries them. It looks at none of them. */

/** Rejects when the file cannot be read any more, for example because it was removed. */
export function bytesAsBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('error', () => reject(reader.error ?? new Error('the file could not be read')));
    reader.addEventListener('load', () => {
      const { result } = reader;
      if (typeof result !== 'string') reject(new TypeError('a data URL is text'));
      // `data:…;base64,` stands before the bytes. Of an empty file some browsers say `data:` alone, without a comma.
      else resolve(result.includes(',') ? result.slice(result.indexOf(',') + 1) : '');
    });
    reader.readAsDataURL(file);
  });
}
