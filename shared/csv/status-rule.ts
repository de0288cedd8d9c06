import { readDate } from './expiry-rule.ts';
import { quoted, type Issue } from './finding.ts';
import { foldHeader } from './header-names.ts';

/** What HR systems write for people who have left, by language, as `foldHeader` writes it. Absence is not leaving: "de baja" is ill. */
const LEFT = {
  en: 'left|has left|leaver|inactive|not active|terminated|resigned|retired|dismissed|former|former employee|ex employee|departed|quit|deactivated|offboarded|exited|deceased|no longer employed',
  de: 'ausgetreten|ausgeschieden|austritt|inaktiv|nicht aktiv|gekundigt|entlassen|ehemalig|ehemalige|ehemaliger|pensioniert|in rente|rentner|rentnerin|verstorben|deaktiviert',
  fr: 'quitte|a quitte|parti|partie|sorti|sortie|inactif|demissionne|demissionnaire|licencie|licenciee|retraite|retraitee|ancien|ancienne|ancien salarie|depart',
  es: 'baja|baja definitiva|baja voluntaria|dado de baja|dada de baja|inactivo|inactiva|cesado|cesada|despedido|despedida|jubilado|jubilada|exempleado',
  pt: 'inativo|inativa|desligado|desligada|demitido|demitida|saiu|reformado|reformada|aposentado|aposentada|rescindido|ex funcionario',
  it: 'inattivo|inattiva|cessato|cessata|dimesso|dimessa|dimissionario|dimissionaria|licenziato|licenziata|uscito|uscita|pensionato|pensionata|ex dipendente',
  nl: 'uit dienst|inactief|niet actief|vertrokken|ontslagen|gepensioneerd|met pensioen|oud medewerker',
  pl: 'nieaktywny|nieaktywna|zwolniony|zwolniona|odszedl|odeszla|byly pracownik|byla pracownica|na emeryturze|emerytowany',
  tr: 'ayrildi|isten ayrildi|isten cikti|cikti|pasif|aktif degil|emekli|eski calisan|cikis yapti',
  sv: 'slutat|har slutat|inaktiv|avslutad|pensionerad|uppsagd',
};
/** People who are there, on leave included. */
const STAYS = {
  en: 'active|employed|current|hired|new|new hire|joiner|starter|on leave|parental leave|maternity leave|sick leave|probation|full time|part time',
  de: 'aktiv|beschaftigt|angestellt|neu|probezeit|elternzeit|mutterschutz|krank|vollzeit|teilzeit|beurlaubt',
  fr: 'actif|present|presente|en poste|nouveau|nouvelle|conge parental|conge maternite|en conge|temps plein|temps partiel',
  es: 'activo|activa|alta|de alta|de baja|baja medica|nuevo|nueva|contratado|contratada|excedencia',
  pt: 'ativo|ativa|em atividade|ferias|licenca|novo|nova|contratado|contratada',
  it: 'attivo|attiva|in forza|assunto|assunta|nuovo|nuova|in maternita|in aspettativa',
  nl: 'actief|in dienst|nieuw|met verlof|ziek',
  pl: 'aktywny|aktywna|zatrudniony|zatrudniona|nowy|nowa|na urlopie|urlop macierzynski',
  tr: 'aktif|calisiyor|yeni|izinli|dogum izni',
  sv: 'aktiv|anstalld|ny|tjanstledig|foraldraledig',
};
const left = new Set(Object.values(LEFT).flatMap((words) => words.split('|')));
const stays = new Set(Object.values(STAYS).flatMap((words) => words.split('|')));

/** The people of a file share a few statuses: each is folded once. Emptied when it grows, a file may hold anything. */
const folded = new Map<string, string>();
const MAX_FOLDED = 500;
/** A status is a word or three; a longer text is a note. */
const MAX_STATUS_LENGTH = 60;

function fold(text: string): string {
  if (text.length > MAX_STATUS_LENGTH) return '';
  const known = folded.get(text);
  if (known !== undefined) return known;
  if (folded.size >= MAX_FOLDED) folded.clear();
  const value = foldHeader(text);
  folded.set(text, value);
  return value;
}

/**
 * What the status of a person, or the date on which they leave, has to say. Nothing of it is sent. Issues, both warnings:
 * `status_leaver`, `status_unknown`. `today` in UTC, `2026-05-01`; who leaves today still is there.
 */
export function statusIssue(text: string, today: string): Issue | null {
  const value = text.trim();
  if (value === '') return null;
  const data = { value: quoted(value) };
  const word = fold(value);
  if (left.has(word)) return { code: 'status_leaver', severity: 'warning', data };
  if (stays.has(word)) return null;
  const read = readDate(value);
  if (typeof read === 'string') return { code: 'status_unknown', severity: 'warning', data };
  return read.date < today ? { code: 'status_leaver', severity: 'warning', data } : null;
}

/** Whether a text is a status of a person, or a date. */
export function isKnownStatus(text: string): boolean {
  const word = fold(text.trim());
  return left.has(word) || stays.has(word) || readDate(text.trim()) !== 'none';
}
