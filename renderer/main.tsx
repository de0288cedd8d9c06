// First, so that the screens' own styles come after those of the design system and win.
import './design/styles.ts';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Application } from './application.tsx';
import { findBridge } from './bridge/find-bridge.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <Application bridge={findBridge()} />
  </StrictMode>,
);
