/** Starts the page: policy, the question for the desk's state, messages, then the tree. Nothing else belongs here. */
import './page-policy.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadMessages } from './messages.ts';
import { App } from './App.tsx';
import { followExports } from './state/exports.ts';
import { firstReading, startMirroring } from './state/mirror.ts';
import { followLinks } from './state/navigation.ts';
import { followNotices } from './state/notices.ts';

/** A start that takes no longer shows the desk at once, without a word that nobody would have had the time to read. */
const silentMsMax = 200;

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const page = createRoot(root);
// Before the state is asked for: with its answer the engine begins to tell of the rest.
followNotices();
followExports();
followLinks();
startMirroring();
loadMessages();
const silence = new Promise((resolve) => void setTimeout(resolve, silentMsMax));
void Promise.race([firstReading(), silence]).then(() =>
  page.render(
    <StrictMode>
      <App />
    </StrictMode>,
  ),
);
