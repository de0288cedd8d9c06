import type { DataField } from './check-row.ts';

/**
 * What the columns of HR exports are called, by language and field, as `foldHeader` writes them: lower case, without accents
 * and punctuation.
 */
export const headerNames: Readonly<Record<string, Readonly<Record<DataField, readonly string[]>>>> = {
  en: {
    email: [
      'email',
      'e mail',
      'mail',
      'email address',
      'e mail address',
      'mail address',
      'employee email',
      'member email',
      'work email',
    ],
    first_name: ['first name', 'firstname', 'given name', 'forename', 'preferred name', 'employee name', 'member name'],
    credits: [
      'credits',
      'credit',
      'number of credits',
      'credit amount',
      'credits to assign',
      'sessions',
      'number of sessions',
    ],
    validity_days: [
      'valid for days',
      'validity days',
      'validity',
      'validity in days',
      'days valid',
      'valid days',
      'expires in days',
      'days',
    ],
    expires_on: [
      'expires on',
      'expires',
      'expiry',
      'expiry date',
      'expiration',
      'expiration date',
      'valid until',
      'valid to',
    ],
    status: [
      'status',
      'employee status',
      'employment status',
      'member status',
      'termination date',
      'leaving date',
      'exit date',
      'last working day',
    ],
  },
  de: {
    email: [
      'e mail adresse',
      'emailadresse',
      'mailadresse',
      'e mail dienstlich',
      'dienstliche e mail',
      'e mail geschaftlich',
    ],
    first_name: ['vorname', 'rufname', 'vorname mitarbeiter', 'mitarbeitername'],
    credits: [
      'guthaben',
      'anzahl credits',
      'anzahl guthaben',
      'kontingent',
      'einheiten',
      'sitzungen',
      'anzahl sitzungen',
      'gutschrift',
    ],
    validity_days: [
      'gultigkeit',
      'gultigkeit tage',
      'gultigkeit in tagen',
      'gultigkeitsdauer',
      'gultig tage',
      'gultig fur tage',
      'laufzeit tage',
      'tage',
    ],
    expires_on: ['gultig bis', 'ablaufdatum', 'verfallsdatum', 'verfallt am', 'lauft ab am', 'ablauf'],
    status: [
      'mitarbeiterstatus',
      'beschaftigungsstatus',
      'status mitarbeiter',
      'austrittsdatum',
      'austritt',
      'ausgetreten am',
    ],
  },
  fr: {
    email: [
      'courriel',
      'adresse e mail',
      'adresse email',
      'adresse mail',
      'adresse electronique',
      'email professionnel',
      'mel',
    ],
    first_name: ['prenom', 'prenom usuel'],
    credits: ['nombre de credits', 'nb credits', 'seances', 'nombre de seances', 'unites'],
    validity_days: ['validite', 'validite jours', 'validite en jours', 'duree de validite', 'valable jours', 'jours'],
    expires_on: ['expire le', 'date d expiration', 'valable jusqu au', 'valide jusqu au', 'echeance'],
    status: ['statut', 'statut salarie', 'statut employe', 'situation', 'date de sortie', 'date de depart'],
  },
  es: {
    email: [
      'correo',
      'correo electronico',
      'direccion de correo',
      'correo corporativo',
      'direccion de correo electronico',
    ],
    first_name: ['nombre', 'nombre de pila', 'primer nombre'],
    credits: ['creditos', 'numero de creditos', 'sesiones', 'numero de sesiones'],
    validity_days: ['validez', 'validez dias', 'validez en dias', 'dias de validez', 'vigencia dias', 'dias'],
    expires_on: ['caduca el', 'fecha de caducidad', 'fecha de vencimiento', 'valido hasta', 'vencimiento', 'caducidad'],
    status: ['estado', 'estado del empleado', 'situacion', 'situacion laboral', 'fecha de baja'],
  },
  pt: {
    email: ['endereco de e mail', 'endereco de email', 'correio eletronico', 'e mail corporativo'],
    first_name: ['nome', 'primeiro nome', 'nome proprio'],
    credits: ['creditos', 'numero de creditos', 'quantidade de creditos', 'sessoes'],
    validity_days: ['validade', 'validade dias', 'validade em dias', 'dias de validade'],
    expires_on: ['expira em', 'data de validade', 'data de expiracao', 'valido ate', 'vencimento'],
    status: ['situacao', 'estado do colaborador', 'status do funcionario', 'data de desligamento', 'data de saida'],
  },
  it: {
    email: ['indirizzo e mail', 'indirizzo email', 'posta elettronica', 'email aziendale'],
    first_name: ['nome', 'nome di battesimo'],
    credits: ['crediti', 'numero di crediti', 'numero crediti', 'sessioni', 'sedute'],
    validity_days: ['validita', 'validita giorni', 'validita in giorni', 'giorni di validita', 'giorni'],
    expires_on: ['scade il', 'data di scadenza', 'scadenza', 'valido fino al', 'valido fino a'],
    status: ['stato', 'stato dipendente', 'stato del dipendente', 'data di cessazione', 'data di uscita'],
  },
  nl: {
    email: ['e mailadres', 'emailadres', 'mailadres', 'zakelijk e mailadres', 'werk email'],
    first_name: ['voornaam', 'roepnaam'],
    credits: ['tegoed', 'aantal credits', 'aantal tegoeden', 'sessies', 'aantal sessies'],
    validity_days: [
      'geldigheid',
      'geldigheid dagen',
      'geldigheid in dagen',
      'geldig dagen',
      'geldigheidsduur',
      'dagen',
    ],
    expires_on: ['verloopt op', 'vervaldatum', 'geldig tot', 'geldig tot en met'],
    status: ['status medewerker', 'medewerkerstatus', 'datum uit dienst', 'uitdienstdatum', 'uit dienst'],
  },
  pl: {
    email: ['adres e mail', 'adres email', 'poczta', 'email sluzbowy', 'e mail sluzbowy'],
    first_name: ['imie'],
    credits: ['kredyty', 'liczba kredytow', 'ilosc kredytow', 'punkty', 'sesje', 'liczba sesji'],
    validity_days: ['waznosc', 'waznosc dni', 'waznosc w dniach', 'dni waznosci', 'dni'],
    expires_on: ['wazne do', 'wazny do', 'data waznosci', 'data wygasniecia', 'wygasa'],
    status: ['status pracownika', 'status zatrudnienia', 'stan zatrudnienia', 'data zwolnienia', 'data odejscia'],
  },
  tr: {
    email: ['e posta', 'eposta', 'e posta adresi', 'eposta adresi', 'is e postasi', 'kurumsal e posta'],
    first_name: ['ad', 'adi', 'isim', 'ilk ad'],
    credits: ['kredi', 'kredi sayisi', 'krediler', 'kontor', 'seans', 'seans sayisi'],
    validity_days: ['gecerlilik', 'gecerlilik gun', 'gecerlilik suresi', 'gecerlilik suresi gun', 'gun'],
    expires_on: ['son kullanma tarihi', 'gecerlilik tarihi', 'son gecerlilik tarihi'],
    status: ['durum', 'durumu', 'calisma durumu', 'personel durumu', 'isten cikis tarihi', 'isten ayrilma tarihi'],
  },
  sv: {
    email: ['e post', 'epost', 'e postadress', 'epostadress', 'mejl', 'mejladress'],
    first_name: ['fornamn', 'tilltalsnamn'],
    credits: ['krediter', 'antal krediter', 'antal sessioner', 'tillgodohavande'],
    validity_days: ['giltighet', 'giltighet dagar', 'giltig dagar', 'giltighetstid', 'dagar'],
    expires_on: ['giltig till', 'utgangsdatum', 'upphor'],
    status: ['anstallningsstatus', 'status anstalld', 'anstallningens slut'],
  },
};

/** Words that mark an address as the one of work, in the languages above: preferred where a file has two addresses. */
export const workWords = new Set(
  'work business office company corporate geschaftlich dienstlich firma professionnel corporativo aziendale zakelijk sluzbowy kurumsal'.split(
    ' ',
  ),
);
/** Words that mark an address as private: never taken where there is another. */
export const privateWords = new Set(
  'private personal home privat personnel prive personal particular pessoal privata privato priveadres prywatny kisisel ozel'.split(
    ' ',
  ),
);

const LETTERS_WITHOUT_DECOMPOSITION: Readonly<Record<string, string>> = {
  ß: 'ss',
  ł: 'l',
  ı: 'i',
  ø: 'o',
  æ: 'ae',
  đ: 'd',
};

/** A header as it is compared: lower case, accents and punctuation away, single spaces. */
export function foldHeader(header: string): string {
  return header
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ßłıøæđ]/g, (letter) => LETTERS_WITHOUT_DECOMPOSITION[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
