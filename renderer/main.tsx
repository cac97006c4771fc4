/** Starts the page: policy, the question for the desk's state, messages, then the tree. Nothing else belongs here. */
import './page-policy.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadMessages } from './messages.ts';
import { App } from './App.tsx';
import { firstReading, startMirroring } from './state/mirror.ts';

/** A start that takes no longer shows the desk at once, without a word that nobody would have had the time to read. */
const silentMsMax = 200;

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const page = createRoot(root);
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
