/** Something that is read again whenever it may have changed: never twice at once, and once more for what came meanwhile. */
export function oneAtATime(read: () => Promise<void>): () => Promise<void> {
  let reading = false;
  let again = false;
  return async () => {
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    do {
      again = false;
      await read();
    } while (again);
    reading = false;
  };
}
