/** Starts the page: messages, the desk's state from where it is had first, then the tree. Nothing else belongs here. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadMessages } from './messages.ts';
import { App } from './App.tsx';
import { lastState } from './bridge.ts';
import { followConnection } from './state/coming-back.ts';
import { followExports } from './state/exports.ts';
import { firstReading, showLast, startMirroring } from './state/mirror.ts';
import { followLinks } from './state/navigation.ts';
import { followNotices } from './state/notices.ts';

/** A start that takes no longer shows the desk at once, without a word that nobody would have had the time to read. */
const silentMsMax = 200;

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const page = createRoot(root);

async function start(): Promise<void> {
  const last = lastState();
  loadMessages();
  // Before the state is asked for: with its answer the engine begins to tell of the rest.
  followNotices();
  followExports();
  followLinks();
  followConnection();
  const left = await last;
  if (left !== null) showLast(left);
  startMirroring();
  const silence = new Promise((resolve) => void setTimeout(resolve, silentMsMax));
  await Promise.race([firstReading(), silence]);
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

void start();
