import type { TemplateLanguage } from '../../shared/contract/upload-files.ts';
import type { Separator } from '../../shared/contract/uploads.ts';
import type { DataField } from '../../shared/csv/check-row.ts';

type Headers = Readonly<Record<TemplateField, string>>;
/** The columns of a template, in its order. */
export const templateFields = ['email', 'first_name', 'credits', 'validity_days', 'expires_on'] as const;
type TemplateField = (typeof templateFields)[number];

/** What the columns of a template are called. Each is recognised again by itself, see `headerNames`. */
export const templateHeaders: Readonly<Record<TemplateLanguage, Headers>> = {
  en: {
    email: 'Email',
    first_name: 'First name',
    credits: 'Credits',
    validity_days: 'Valid for (days)',
    expires_on: 'Expires on',
  },
  de: {
    email: 'E-Mail-Adresse',
    first_name: 'Vorname',
    credits: 'Anzahl Credits',
    validity_days: 'Gültigkeit (Tage)',
    expires_on: 'Gültig bis',
  },
  fr: {
    email: 'Adresse e-mail',
    first_name: 'Prénom',
    credits: 'Nombre de crédits',
    validity_days: 'Validité (jours)',
    expires_on: 'Expire le',
  },
  es: {
    email: 'Correo electrónico',
    first_name: 'Nombre de pila',
    credits: 'Número de créditos',
    validity_days: 'Validez (días)',
    expires_on: 'Válido hasta',
  },
  pt: {
    email: 'Endereço de e-mail',
    first_name: 'Primeiro nome',
    credits: 'Número de créditos',
    validity_days: 'Validade (dias)',
    expires_on: 'Válido até',
  },
  it: {
    email: 'Indirizzo e-mail',
    first_name: 'Nome di battesimo',
    credits: 'Numero di crediti',
    validity_days: 'Validità (giorni)',
    expires_on: 'Data di scadenza',
  },
  nl: {
    email: 'E-mailadres',
    first_name: 'Voornaam',
    credits: 'Aantal credits',
    validity_days: 'Geldigheid (dagen)',
    expires_on: 'Geldig tot en met',
  },
  pl: {
    email: 'Adres e-mail',
    first_name: 'Imię',
    credits: 'Liczba kredytów',
    validity_days: 'Ważność (dni)',
    expires_on: 'Data ważności',
  },
  tr: {
    email: 'E-posta adresi',
    first_name: 'Ad',
    credits: 'Kredi sayısı',
    validity_days: 'Geçerlilik (gün)',
    expires_on: 'Son geçerlilik tarihi',
  },
  sv: {
    email: 'E-postadress',
    first_name: 'Förnamn',
    credits: 'Antal krediter',
    validity_days: 'Giltighet (dagar)',
    expires_on: 'Giltig till',
  },
};

/** How far off the date of the example is. In milliseconds. */
const HALF_A_YEAR = 182 * 86_400_000;

/** First names of the examples, at home in each language, with letters that a wrong encoding would break. */
const exampleNames: Readonly<Record<TemplateLanguage, readonly [string, string]>> = {
  en: ['Zoë', 'Liam'],
  de: ['Jörg', 'Annika'],
  fr: ['Chloé', 'Hugo'],
  es: ['Begoña', 'Andrés'],
  pt: ['João', 'Inês'],
  it: ['Niccolò', 'Giulia'],
  nl: ['Noëlle', 'Daan'],
  pl: ['Paweł', 'Zuzanna'],
  tr: ['Çağla', 'Emre'],
  sv: ['Åsa', 'Björn'],
};

/** What the column of a field is called that a file does not have. A status is no part of a template: nothing of it is sent. */
export const addedHeaders: Readonly<Record<DataField, string>> = { ...templateHeaders.en, status: 'Employment status' };

/** A template with two examples: one whose credits are valid for a number of days, one with a date. `now` in milliseconds. */
export function templateRows(language: TemplateLanguage, now: number): string[][] {
  const headers = templateHeaders[language];
  const [days, date] = exampleNames[language];
  const until = new Date(now + HALF_A_YEAR).toISOString().slice(0, 10);
  const examples: Record<TemplateField, string>[] = [
    { email: 'first.person@company.example', first_name: days, credits: '3', validity_days: '90', expires_on: '' },
    { email: 'second.person@company.example', first_name: date, credits: '5', validity_days: '', expires_on: until },
  ];
  return [
    templateFields.map((field) => headers[field]),
    ...examples.map((row) => templateFields.map((field) => row[field])),
  ];
}

/** What a spreadsheet in this language parts the columns of a CSV by: the comma is the decimal mark outside of English. */
export function templateSeparator(language: TemplateLanguage): Separator {
  return language === 'en' ? ',' : ';';
}
