/** The demo partner of `supabase/seed.sql`. Its password is public: the sandbox listens on loopback only. */
export const demoSignIn = { email: 'demo@partner-console.example', password: 'Demo-2026-credits' } as const;
