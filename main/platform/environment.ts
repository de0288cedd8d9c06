import type { Platform } from './platform.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The project preset by SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY; null unless both are set. */
export function presetServerOf(environment: Environment): Platform['presetServer'] {
  const url = environment['SUPABASE_URL'];
  const publishableKey = environment['SUPABASE_PUBLISHABLE_KEY'];
  if (url === undefined || url === '' || publishableKey === undefined || publishableKey === '') return null;
  return { url, publishableKey };
}

/** The demo sign-in that the sandbox's start hands over; null in front of a real project. */
export function demoOf(environment: Environment): Platform['demo'] {
  const email = environment['PARTNER_CONSOLE_DEMO_EMAIL'];
  const password = environment['PARTNER_CONSOLE_DEMO_PASSWORD'];
  if (email === undefined || email === '' || password === undefined || password === '') return null;
  return { email, password };
}

/** The system's name as the contract spells it. */
export function operatingSystemOf(system: NodeJS.Platform): Platform['operatingSystem'] {
  if (system === 'win32') return 'windows';
  return system === 'darwin' ? 'mac' : 'linux';
}
