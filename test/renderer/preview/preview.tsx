import '../../../renderer/design/styles.ts';
import { createRoot } from 'react-dom/client';
import { Application } from '../../../renderer/application.tsx';
import { ok } from '../../../shared/result.ts';
import { applicationInfo } from '../fake-console.ts';
import { scenes } from './scenes.ts';

// ?scene=members&scheme=dark shows one scene; see scenes.ts for their names.
const query = new URLSearchParams(window.location.search);
const scene = scenes[query.get('scene') ?? 'dashboard'];
const root = document.getElementById('root');
if (!scene || !root) throw new Error(`scenes: ${Object.keys(scenes).join(', ')}`);
const bridge = scene.bridge();
const appearance = query.get('scheme') === 'dark' ? 'dark' : 'light';
const readInfo = bridge.handlers['application.info'];
bridge.handlers['application.info'] = async () => {
  const info = readInfo ? await readInfo({}) : ok(applicationInfo);
  return info.ok ? ok({ ...info.value, appearance }) : info;
};
createRoot(root).render(<Application bridge={bridge} />);
// The shell starts at the dashboard; a scene then goes where it plays.
setTimeout(() => scene.go?.(), 100);
