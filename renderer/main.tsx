/** Starts the page: policy, messages, then the tree. Nothing else belongs here. */
import './page-policy.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { loadMessages } from './messages.ts';
import { App } from './App.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
await loadMessages();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
