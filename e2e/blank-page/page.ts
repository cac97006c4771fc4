/** The page that start-up is measured against: Fluent's provider with one line of text, and nothing of the desk's. */
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { FluentProvider, Text, webLightTheme } from '@fluentui/react-components';

const place = document.querySelector('#root');
if (place === null) throw new Error('index.html has no root');
createRoot(place).render(
  createElement(FluentProvider, { theme: webLightTheme }, createElement(Text, null, 'blank')),
);
