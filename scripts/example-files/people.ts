/** First and last names as people write them, each with its form in an e-mail address. */
interface Name {
  readonly written: string;
  readonly address: string;
}

const firstNames: readonly Name[] = names(
  'Anna Ben Chloé:chloe Dávid:david Elif Fatma Gustav Hélène:helene Ingrid Jürgen:juergen Kwame Lucía:lucia Mateusz Noor Ørjan:orjan Priya Quentin Renée:renee Søren:soren Thérèse:therese Ulrike Valentina Wiebke Xavier Yasmin Zoë:zoe Łukasz:lukasz Małgorzata:malgorzata 李娜:na Дмитрий:dmitri Ελένη:eleni Şebnem:sebnem Gökçe:gokce Tomáš:tomas Jiří:jiri Aoife Bjørn:bjorn Carmen Dilara Emre François:francois Giulia Håkon:hakon Inês:ines João:joao Karolína:karolina Léa:lea Miloš:milos Nguyệt:nguyet Oscar Pál:pal Rafael Sofia',
);

const lastNames: readonly Name[] = names(
  'Schmidt Dupont García:garcia Kowalska Rossi Jansen Yılmaz:yilmaz Müller:mueller Öberg:oeberg Fernández:fernandez Nowak Bianchi Bakker Kaya Lefèvre:lefevre Sánchez:sanchez Wójcik:wojcik Ricci Visser Demir Weiß:weiss Martin López:lopez Lewandowski Conti Smit Çelik:celik Groß:gross Bernard Núñez:nunez Zieliński:zielinski Moretti Meijer Şahin:sahin Köhler:koehler Petit Ibáñez:ibanez Szymańska:szymanska Greco Mulder Arslan Bauer Moreau Gómez:gomez Dąbrowska:dabrowska Marino Vermeulen Doğan:dogan Krüger:krueger Girard Peña:pena Kamińska:kaminska Ferrari Peeters Okafor Nakamura Sørensen:sorensen Novák:novak O’Brien:obrien',
);

function names(list: string): Name[] {
  return list.split(' ').map((entry) => {
    const [written = '', address = written.toLowerCase()] = entry.split(':');
    return { written, address };
  });
}

/** Somebody who could work at the example's company. */
export interface Person {
  readonly firstName: string;
  /** The first name in the letters of its e-mail address. */
  readonly plainFirstName: string;
  readonly lastName: string;
  readonly email: string;
}

/** Active members of the demo data, under their own addresses. */
export const demoMembers: readonly Person[] = [
  ['Anna', 'anna.schneider'],
  ['Jürgen', 'juergen.koch'],
  ['Zoë', 'zoe.dubois'],
  ['Aïcha', 'aicha.benali'],
  ['Łukasz', 'lukasz.nowak'],
  ['Emre', 'emre.yilmaz'],
  ['Chloé', 'chloe.martin'],
  ['Björn', 'bjorn.lindqvist'],
  ['Priya', 'priya.raman'],
  ['Tomás', 'tomas.novak'],
  ['Mehmet', 'mehmet.demir'],
  ['Giulia', 'giulia.ferrari'],
  ['Hanna', 'hanna.virtanen'],
  ['José', 'jose.garcia'],
].map(([firstName = '', address = '']) => {
  const plain = address.split('.', 1)[0] ?? '';
  const plainFirstName = capitalised(plain);
  return { firstName, plainFirstName, lastName: '', email: `${address}@nordlicht-werke.example` };
});

/** As many people as asked for, always the same, no two with one address. */
export function people(count: number, domain: string): Person[] {
  const taken = new Set(demoMembers.map((member) => member.email));
  return Array.from({ length: count }, (_, index) => {
    const first = pick(firstNames, index * 5 + Math.floor(index / 53));
    const last = pick(lastNames, index * 7 + Math.floor(index / 59));
    const address = `${first.address}.${last.address}`;
    const isTaken = taken.has(`${address}@${domain}`);
    const email = `${isTaken ? `${address}${index}` : address}@${domain}`;
    taken.add(email);
    return { firstName: first.written, plainFirstName: capitalised(first.address), lastName: last.written, email };
  });
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
}
