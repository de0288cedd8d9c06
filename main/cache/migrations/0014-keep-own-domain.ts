/** The domain that most e-mails of a file have, as JSON, for e-mails that are typed later; null where there is none. */
export const keepOwnDomain = `
  alter table drafts add column own_domain text;
`;
