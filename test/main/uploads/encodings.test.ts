import { describe, expect, test } from 'vitest';
import { textEncoding, type TextEncoding } from '../../../shared/contract/uploads.ts';
import { detectEncoding } from '../../../shared/csv/detect-encoding.ts';
import { FactsCollector } from '../../../main/uploads/source-facts.ts';
import { decodeSample } from '../../../main/uploads/source-text.ts';
import { namesBeyondAscii } from '../../../main/uploads/words-beyond-ascii.ts';

/** Bytes 80 to FF in each encoding (Unicode's mapping tables as the Encoding Standard has them). `·` stands for C1 controls. */
const tables: Readonly<Partial<Record<TextEncoding, string>>> = {
  'windows-1252':
    '€·‚ƒ„…†‡ˆ‰Š‹Œ·Ž··‘’“”•–—˜™š›œ·žŸ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ',
  'windows-1250':
    '€·‚·„…†‡·‰Š‹ŚŤŽŹ·‘’“”•–—·™š›śťžź\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00ad®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙',
  'windows-1254':
    '€·‚ƒ„…†‡ˆ‰Š‹Œ····‘’“”•–—˜™š›œ··Ÿ\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏĞÑÒÓÔÕÖ×ØÙÚÛÜİŞßàáâãäåæçèéêëìíîïğñòóôõö÷øùúûüışÿ',
  'iso-8859-2':
    '································\u00a0Ą˘Ł¤ĽŚ§¨ŠŞŤŹ\u00adŽŻ°ą˛ł´ľśˇ¸šşťź˝žżŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙',
  macintosh:
    'ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ',
  'windows-1251':
    'ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—·™љ›њќћџ\u00a0ЎўЈ¤Ґ¦§Ё©Є«¬\u00ad®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя',
  'windows-1253':
    '€·‚ƒ„…†‡·‰·‹·····‘’“”•–—·™·›····\u00a0΅Ά£¤¥¦§¨©\ufffd«¬\u00ad®―°±²³΄µ¶·ΈΉΊ»Ό½ΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\ufffdΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ\ufffd',
  'windows-1257':
    '€·‚·„…†‡·‰·‹·¨ˇ¸·‘’“”•–—·™·›·¯˛·\u00a0\ufffd¢£¤\ufffd¦§Ø©Ŗ«¬\u00ad®Æ°±²³´µ¶·ø¹ŗ»¼½¾æĄĮĀĆÄÅĘĒČÉŹĖĢĶĪĻŠŃŅÓŌÕÖ×ŲŁŚŪÜŻŽßąįāćäåęēčéźėģķīļšńņóōõö÷ųłśūüżž˙',
};

const head = (bytes: Uint8Array) => ({ bytes: Buffer.from(bytes), isWhole: true, isUtf8: false });

describe('every byte', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

  test.each(Object.entries(tables) as [TextEncoding, string][])('of %s becomes its letter', (encoding, table) => {
    const text = decodeSample(head(all), encoding);
    expect(text).toHaveLength(256);
    expect(text.slice(0, 128)).toBe(String.fromCharCode(...all.slice(0, 128)));
    const letters = Array.from(text.slice(128), (letter, index) => {
      const code = letter.charCodeAt(0);
      return code >= 0x80 && code < 0xa0 && code === 128 + index ? '·' : letter;
    });
    expect(letters.join('')).toBe(table);
  });

  test('can be read in every encoding that can be chosen', () => {
    for (const encoding of textEncoding.options) expect(decodeSample(head(all), encoding).length).toBeGreaterThan(100);
  });
});

/** Names and addresses of people as HR lists hold them. */
const people: Readonly<Record<string, readonly string[]>> = {
  Polish: [
    'Łukasz Wójcik',
    'Małgorzata Dąbrowska',
    'Paweł Żak',
    'Agnieszka Kaźmierczak',
    'Stanisław Ćwikła',
    'Grażyna Świątek',
    'Michał Jabłoński',
    'Józef Gołąb',
    'Bożena Pączek',
    'Ewa Sępioł',
  ],
  Czech: [
    'Jiří Dvořák',
    'Tomáš Růžička',
    'Lucie Němcová',
    'Zdeněk Šťastný',
    'Kateřina Černá',
    'Ondřej Žižka',
    'Božena Příhodová',
    'Věra Ďurišová',
    'Radek Čapek',
    'Aleš Kříž',
  ],
  Turkish: [
    'Ayşe Yıldız',
    'Mehmet Öztürk',
    'Çiğdem Şahin',
    'İbrahim Güneş',
    'Gökçe Işık',
    'Oğuzhan Çelik',
    'Şükrü Doğan',
    'Büşra Kılıç',
    'Ümit Aydın',
    'Tuğba Koç',
  ],
  German: [
    'Jürgen Müller',
    'Käthe Größ',
    'Björn Schäfer',
    'Uschi Köhler',
    'Günther Weiß',
    'Änne Krüger',
    'Jörg Höfer',
    'Bärbel Voß',
    'Søren Lütt',
    'Lars Möller',
  ],
  French: [
    'Chloé Lefèvre',
    'Hélène Garçon',
    'François Côté',
    'Zoë Benoît',
    'André Bézier',
    'Gaëlle Forêt',
    'Noémie Château',
    'Jérôme Noël',
    'Inès Brûlé',
    'Maël Rivière',
  ],
  Spanish: [
    'José Muñoz',
    'María Peña',
    'Ángel Núñez',
    'Sofía Ibáñez',
    'Iñaki López',
    'Lucía Gómez',
    'Andrés Pérez',
    'Begoña Martín',
    'Raúl Sánchez',
    'Íñigo Báez',
  ],
};

/** The bytes of a text in an encoding of one byte a letter. */
function encode(text: string, encoding: TextEncoding): Uint8Array {
  const letters = decodeSample(head(Uint8Array.from({ length: 256 }, (_, byte) => byte)), encoding);
  return Uint8Array.from(text, (letter) => {
    const byte = letters.indexOf(letter);
    if (byte === -1) throw new Error(`${encoding} has no ${letter}`);
    return byte;
  });
}

async function recognise(bytes: Uint8Array) {
  const collector = new FactsCollector();
  await collector.add(bytes);
  const facts = collector.finish();
  return detectEncoding(bytes, facts, (encoding) => new TextDecoder(encoding).decode(facts.words));
}

describe('a list of names', () => {
  const cases = (
    [
      ['Polish', 'windows-1250'],
      ['Polish', 'iso-8859-2'],
      ['Czech', 'windows-1250'],
      ['Czech', 'iso-8859-2'],
      ['Turkish', 'windows-1254'],
      ['German', 'windows-1252'],
      ['German', 'macintosh'],
      ['French', 'windows-1252'],
      ['French', 'macintosh'],
      ['Spanish', 'windows-1252'],
      ['Spanish', 'macintosh'],
    ] as const
  ).flatMap(([language, encoding]) => [3, 10].map((rows) => [language, encoding, rows] as const));

  test.each(cases)('in %s in %s is read as it was written, with %i rows', async (language, encoding, rows) => {
    const names = people[language] ?? [];
    for (let start = 0; start + rows <= names.length; start += 1) {
      const text = `Name;E-Mail\r\n${names
        .slice(start, start + rows)
        .map((name, index) => `${name};p${index}@firma.example\r\n`)
        .join('')}`;
      const verdict = await recognise(encode(text, encoding));
      if ('noText' in verdict) throw new Error(verdict.noText);
      expect(new TextDecoder(verdict.encoding).decode(encode(text, encoding))).toBe(text);
    }
  });

  test.each(['Polish', 'Czech', 'Turkish', 'German'])('in %s in UTF-8 leaves no doubt', async (language) => {
    const verdict = await recognise(new TextEncoder().encode((people[language] ?? []).join('\n')));
    expect(verdict).toEqual({ encoding: 'utf-8', isCertain: true, next: null });
  });

  test('beyond the start of a large file still decides', async () => {
    const collector = new FactsCollector();
    for (let piece = 0; piece < 8; piece += 1) await collector.add(Buffer.alloc(1_048_576, 'Ann;ann@firma.example\n'));
    await collector.add(encode('Łukasz Wójcik;Małgorzata Dąbrowska;Świętosława\n', 'windows-1250'));
    const facts = collector.finish();
    const decode = (encoding: TextEncoding): string => new TextDecoder(encoding).decode(facts.words);
    expect(detectEncoding(Buffer.from('Ann;ann@firma.example\n'), facts, decode)).toMatchObject({
      encoding: 'windows-1250',
    });
  });

  test('that two encodings give names for is not certain, and the other one is named', async () => {
    // 8859-2 and 1250 give the same letters here; Windows-1252 gives others.
    const verdict = await recognise(encode('Hélène;h@firma.example\nThérèse;t@firma.example\n', 'windows-1252'));
    expect(verdict).toMatchObject({ encoding: 'windows-1252', isCertain: false, next: 'windows-1250' });
  });

  test.each([1, 5, 200])(
    'that is not the same all through is not certain, and names show both: one of UTF-8 to %i others',
    async (others) => {
      const western = Array.from({ length: others }, (_, index) => `Jürgen Größmann ${index};François\n`).join('');
      const rest = Array.from({ length: Math.ceil(others / 20) }, (_, index) => `Zoë Müller ${index};Käthe\n`).join('');
      const bytes = Buffer.concat([encode(western, 'windows-1252'), Buffer.from(rest)]);
      expect(await recognise(bytes)).toMatchObject({ encoding: 'windows-1252', isCertain: false, next: 'utf-8' });
      const collector = new FactsCollector();
      await collector.add(bytes);
      const names = namesBeyondAscii(new TextDecoder('utf-8').decode(collector.finish().words), 8);
      expect(names).toContain('Zoë Müller 0');
      expect(names.some((name) => name.includes('\ufffd'))).toBe(true);
    },
  );
});
