/** Providers whose misspelling by one letter is worth a question; shorter names are left out, they collide with real domains. */
const TARGETS =
  `gmail.com googlemail.com outlook.com hotmail.com yahoo.com icloud.com protonmail.com t-online.de freenet.de posteo.de mailbox.org
  orange.fr wanadoo.fr laposte.net hotmail.fr outlook.fr yahoo.fr libero.it virgilio.it hotmail.it outlook.it yahoo.it telefonica.net
  hotmail.es outlook.es interia.pl poczta.onet.pl planet.nl casema.nl hotmail.nl outlook.nl clix.pt hotmail.co.uk yahoo.co.uk
  btinternet.com hotmail.de outlook.de yahoo.de mynet.com superonline.com bluewin.ch telenet.be skynet.be`.split(/\s+/);
/** Real domains, never a slip of another. Behind their names the ending alone can be mistyped. */
const KNOWN =
  `ymail.com email.com mail.com bmail.com hmail.com cloud.com freenet.at gmx.de gmx.net gmx.at gmx.ch gmx.com web.de live.com live.de
  live.nl live.fr live.it live.co.uk me.com mac.com msn.com aol.com aol.de arcor.de online.de vodafone.de kabelmail.de free.fr sfr.fr
  neuf.fr bbox.fr wp.pl o2.pl onet.pl op.pl gazeta.pl tlen.pl vp.pl poczta.fm tin.it alice.it tiscali.it fastwebnet.it ziggo.nl kpnmail.nl
  kpnplanet.nl xs4all.nl home.nl hetnet.nl upcmail.nl sapo.pt iol.pt terra.es ya.com movistar.es ono.com telefonica.es uol.com.br bol.com.br
  terra.com.br yahoo.es yahoo.com.br hotmail.com.br outlook.com.br outlook.pt hotmail.pt hotmail.com.tr yahoo.com.tr ttmail.com turk.net seznam.cz
  posteo.net proton.me protonmail.ch fastmail.com zoho.com rocketmail.com sky.com comcast.net verizon.net cox.net att.net yandex.com mail.ru
  yandex.ru aon.at chello.at hispeed.ch pandora.be gmail.de googlemail.de`.split(/\s+/);

/** How an ending is mistyped behind a known name. */
const ENDINGS: Readonly<Record<string, string>> = {
  com: 'con cmo cm co ocm comm vom xom cpm coom om',
  net: 'nte ent met nett ne',
  org: 'ogr prg orgg or',
  de: 'ed dee ded',
  fr: 'frr rf',
  it: 'itt ti',
  nl: 'nll ln',
  pl: 'lp pll',
  es: 'ess',
  pt: 'ptt tp',
  uk: 'ukk ku',
};

const known = new Set([...TARGETS, ...KNOWN]);
const mistyped = new Map<string, string>();
for (const domain of known) {
  const dot = domain.lastIndexOf('.');
  for (const ending of (ENDINGS[domain.slice(dot + 1)] ?? '').split(' ')) {
    const typed = `${domain.slice(0, dot)}.${ending}`;
    if (ending !== '' && !known.has(typed) && !mistyped.has(typed)) mistyped.set(typed, domain);
  }
}

/** The well-known domain that was probably meant, or null: its ending is mistyped, or its name is one slip away. */
export function misspelledDomain(domain: string): string | null {
  if (known.has(domain)) return null;
  return mistyped.get(domain) ?? TARGETS.find((target) => isOneSlipAway(domain, target)) ?? null;
}

/** Whether a domain is a well-known one. */
export function isKnownDomain(domain: string): boolean {
  return known.has(domain);
}

/** One letter added, missing, replaced, or two neighbours swapped. */
export function isOneSlipAway(typed: string, meant: string): boolean {
  if (Math.abs(typed.length - meant.length) > 1) return false;
  let start = 0;
  while (start < typed.length && start < meant.length && typed[start] === meant[start]) start += 1;
  const typedRest = typed.slice(start);
  const meantRest = meant.slice(start);
  if (typedRest.slice(1) === meantRest || typedRest === meantRest.slice(1)) return true;
  if (typedRest.slice(1) === meantRest.slice(1)) return true;
  return typedRest[0] === meantRest[1] && typedRest[1] === meantRest[0] && typedRest.slice(2) === meantRest.slice(2);
}
