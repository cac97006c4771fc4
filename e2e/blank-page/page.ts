/** The page that start-up is measured against: Fluent's provider with one line of text that answers a key, and nothing of the desk's. */
import { createElement, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { FluentProvider, Text, webLightTheme } from '@fluentui/react-components';

function Blank() {
  const [answered, setAnswered] = useState(false);
  useEffect(() => {
    const answer = (): void => setAnswered(true);
    window.addEventListener('keydown', answer);
    return () => window.removeEventListener('keydown', answer);
  }, []);
  return createElement(Text, answered ? { as: 'h1' } : null, answered ? 'answered' : 'blank');
}

const place = document.querySelector('#root');
if (place === null) throw new Error('index.html has no root');
createRoot(place).render(createElement(FluentProvider, { theme: webLightTheme }, createElement(Blank)));
