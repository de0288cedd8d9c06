import { describe, expect, test } from 'vitest';
import { checkRow, ruleContext } from '../../../shared/csv/check-row.ts';
import { readEmail } from '../../../shared/csv/email-rule.ts';
import { readExpiresOn } from '../../../shared/csv/expiry-rule.ts';
import { matchColumns } from '../../../shared/csv/match-columns.ts';
import { readFirstName } from '../../../shared/csv/name-rule.ts';
import { statusIssue } from '../../../shared/csv/status-rule.ts';

const today = '2026-05-01';

describe('typing errors in domains', () => {
  test.each([
    ['gmail.con', 'gmail.com'],
    ['gmail.co', 'gmail.com'],
    ['gmail.cm', 'gmail.com'],
    ['gmx.dee', 'gmx.de'],
    ['web.ed', 'web.de'],
    ['wp.lp', 'wp.pl'],
    ['libero.itt', 'libero.it'],
    ['hotmail.co.ukk', 'hotmail.co.uk'],
    ['protonmial.com', 'protonmail.com'],
    ['laposte.ne', 'laposte.net'],
    ['orage.fr', 'orange.fr'],
    ['t-onlin.de', 't-online.de'],
    ['interai.pl', 'interia.pl'],
  ])('%s is a slip of %s', (typed, meant) => {
    expect(readEmail(`a@${typed}`)).toEqual({
      value: `a@${typed}`,
      issue: {
        code: 'email_domain_typo',
        severity: 'warning',
        data: { value: `a@${typed}`, suggestion: `a@${meant}` },
      },
    });
  });

  test.each(
    `firma.example gmx.de gmx.net gmx.at gmx.ch web.de mail.com email.com ymail.com wp.pl o2.pl onet.pl interia.pl seznam.cz
    laposte.net free.fr sfr.fr bahn.de mailbox.org posteo.de hotmail.it yahoo.fr outlook.es company.co startup.io uni-koeln.de
    stadt-wien.at otto.de aon.at me.com live.nl ziggo.nl vodafone.de gmail.de bmail.com sap.com mac.com cox.net abb.com hp.com
    rai.it live.de gov.pl edu.tr com.tr`.split(/\s+/),
  )('%s is a real domain', (domain) => {
    expect(readEmail(`a@${domain}`).issue).toBeNull();
  });
});

describe('look-alikes', () => {
  test.each([
    ['ann@f\u0456rma.example', 'ann@firma.example'],
    ['ann@\u0440\u0430\u0443\u0440\u0430l.com', 'ann@paypal.com'],
    ['ann@\u0441\u043e\u0441\u0430.com', 'ann@coca.com'],
    ['ann@f\u0131rma.example', 'ann@firma.example'],
  ])('%s is kept with a warning that suggests %s', (email, suggestion) => {
    expect(readEmail(email)).toMatchObject({
      value: email,
      issue: { code: 'email_lookalike', severity: 'warning', data: { suggestion } },
    });
  });

  test('before the @ they are no address; the one that is meant is suggested', () => {
    expect(readEmail('\u0430nn@firma.example').issue).toMatchObject({
      code: 'email_invalid',
      data: { suggestion: 'ann@firma.example' },
    });
  });

  test.each(['jan@müller.example', 'ivan@пример.рф', 'jan@ışık.example', 'a@δοκιμή.example'])('%s is fine', (email) => {
    expect(readEmail(email)).toEqual({ value: email, issue: null });
  });

  test.each([
    ['\u0410nna', 'Anna'],
    ['Ann\u0430 Maria', 'Anna Maria'],
    ['\u039fliver', 'Oliver'],
    ['\u041f\u0435\u0442p', '\u041f\u0435\u0442\u0440'],
  ])('the name %s mixes scripts, %s is meant', (name, suggestion) => {
    expect(readFirstName(name)).toEqual({
      value: name,
      issue: { code: 'name_mixed_script', severity: 'warning', data: { value: name, suggestion } },
    });
  });

  test.each(['Анна', 'Ιωάννης', 'Şule', 'Işık', 'Ann Петров', '李 Ann'])('the name %s is fine', (name) => {
    expect(readFirstName(name)).toEqual({ value: name, issue: null });
  });

  test('a name without an obvious meaning gets no suggestion', () => {
    expect(readFirstName('Жanf').issue).toEqual({
      code: 'name_mixed_script',
      severity: 'warning',
      data: { value: 'Жanf' },
    });
  });
});

describe('status', () => {
  test.each(
    `left Ausgetreten ausgeschieden quitté Parti baja Inactivo desligado Cessato uit_dienst zwolniony odszedł ayrıldı Pasif slutat
    TERMINATED 2026-04-30 30.04.2026`.split(/\s+/),
  )('%s has left', (value) => {
    expect(statusIssue(value.replace('_', ' '), today)).toMatchObject({ code: 'status_leaver', severity: 'warning' });
  });

  test.each([
    '',
    'Active',
    'aktiv',
    'Actif',
    'de baja',
    'ativo',
    'In forza',
    'in dienst',
    'zatrudniony',
    'Çalışıyor',
    '2026-05-01',
    '31.12.2026',
  ])('%j is there', (value) => {
    expect(statusIssue(value, today)).toBeNull();
  });

  test('anything else is not known', () => {
    expect(statusIssue('XB-12', today)).toEqual({
      code: 'status_unknown',
      severity: 'warning',
      data: { value: 'XB-12' },
    });
  });

  test('a row of a leaver is a warning and keeps its values', () => {
    const context = ruleContext(['email', 'status'], ',', today);
    expect(checkRow(['ann@firma.example', 'left'], null, context)).toMatchObject({
      email: 'ann@firma.example',
      issues: [{ code: 'status_leaver', field: 'status', severity: 'warning' }],
    });
    expect(checkRow(['ann@firma.example', 'left'], { status: 'active' }, context).issues).toEqual([]);
  });

  test('a status of something else is not taken for one of people', () => {
    const email = { header: 'Email', samples: ['a@x.example', 'b@x.example'] };
    const match = (...samples: string[]) => matchColumns([email, { header: 'Status', samples }]);
    expect(match('active', 'left')).toEqual({ mapping: ['email', 'status'], allMatched: true });
    expect(match('married', 'single')).toEqual({ mapping: ['email', 'ignore'], allMatched: false });
  });
});

describe('dates in local forms', () => {
  test.each([
    ['2026/12/31', '2026-12-31'],
    ['2026.12.31.', '2026-12-31'],
    ['31.12.26', '2026-12-31'],
    ['31/12/26', '2026-12-31'],
    ['31 December 2026', '2026-12-31'],
    ['Dec 31, 2026', '2026-12-31'],
    ['December 31st, 2026', '2026-12-31'],
    ['31-Dec-26', '2026-12-31'],
    ['31. Dezember 2026', '2026-12-31'],
    ['1er août 2026', '2026-08-01'],
    ['31 de diciembre de 2026', '2026-12-31'],
    ['31 de dezembro de 2026', '2026-12-31'],
    ['31 dicembre 2026', '2026-12-31'],
    ['1 maart 2027', '2027-03-01'],
    ['31 grudnia 2026 r.', '2026-12-31'],
    ['31 Aralık 2026', '2026-12-31'],
    ['١/١/٢٠٢٧', '2027-01-01'],
  ])('%s is read as %s', (text, date) => {
    expect(readExpiresOn(text, today)).toEqual({ value: date, issue: null });
  });

  test.each([
    ['03/04/27', 'expiry_ambiguous'],
    ['31 Foo 2026', 'expiry_not_a_date'],
    ['31 February 2027', 'expiry_not_a_date'],
    ['2026/13/01', 'expiry_not_a_date'],
  ])('%s is refused as %s', (text, code) => {
    expect(readExpiresOn(text, today)).toMatchObject({ value: null, issue: { code, severity: 'error' } });
  });
});
