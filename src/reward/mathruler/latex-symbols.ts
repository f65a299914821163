/**
 * What LaTeX macros without arguments look like as plain text (`alpha` is α). A macro that is not listed is dropped.
 *
 * Source: the symbol names of pylatexenc 2.10 (`latex2text`), which MathRuler reads LaTeX with; Cyrillic letters left out.
 */
const SYMBOLS = `
AA Å AE Æ Alpha Α Angle ⦜ Beta Β Bumpeq ≎ Cap ⋒ Chi Χ Colon ∷ Cref <Ref> Cup ⋓ DH Ð DJ Đ Delta Δ
Digamma Ϝ DownArrowBar ⤓ DownArrowUpArrow ⇵ DownLeftRightVector ⥐ DownLeftTeeVector ⥞
DownLeftVectorBar ⥖ DownRightTeeVector ⥟ DownRightVectorBar ⥗ Downarrow ⇓ Epsilon Ε Equal ⩵ Eta Η
Gamma Γ IJ Ĳ Ident 𝕀 Iota Ι Kappa Κ Koppa Ϟ L Ł Lambda Λ LeftDownTeeVector ⥡ LeftDownVectorBar ⥙
LeftRightVector ⥎ LeftTeeVector ⥚ LeftTriangleBar ⧏ LeftUpDownVector ⥑ LeftUpTeeVector ⥠
LeftUpVectorBar ⥘ LeftVectorBar ⥒ Leftarrow ⇐ Leftrightarrow ⇔ Lleftarrow ⇚ Longleftarrow ⟸
Longleftrightarrow ⟺ Longrightarrow ⟹ Lsh ↰ Mu Μ NG Ŋ NestedGreaterGreater ⪢ NestedLessLess ⪡ Nu Ν O Ø
OE Œ Omega Ω Omicron Ο Phi Φ Pi Π Psi Ψ ReverseUpEquilibrium ⥯ Rho Ρ RightDownTeeVector ⥝
RightDownVectorBar ⥕ RightTeeVector ⥛ RightTriangleBar ⧐ RightUpDownVector ⥏ RightUpTeeVector ⥜
RightUpVectorBar ⥔ RightVectorBar ⥓ Rightarrow ⇒ RoundImplies ⥰ Rrightarrow ⇛ Rsh ↱ RuleDelayed ⧴
Sampi Ϡ Sigma Σ Stigma Ϛ Subset ⋐ Supset ⋑ TH Þ Tau Τ Theta Θ UpArrowBar ⤒ UpEquilibrium ⥮ Uparrow ⇑
Updownarrow ⇕ Upsilon Υ VDash ⊫ Vdash ⊩ Vert ‖ Vvdash ⊪ Xi Ξ Zeta Ζ aa å ae æ aleph ℵ allequal ≌ alpha α
amalg ⨿ angle ∠ approx ≈ approxeq ≊ approxnotequal ≆ aquarius ♒ aries ♈ arrowwaveleft ↜ arrowwaveright ↝
ast ∗ asymp ≍ autoref <ref> backepsilon ϶ backprime ‵ backsim ∽ backsimeq ⋍ barwedge ⌅ because ∵ beta β
beth ℶ between ≬ bigcap ⋂ bigcirc ◯ bigcup ⋃ bigoplus ⊕ bigotimes ⊗ bigtriangledown ▽ bigtriangleup △
bigvee ⋁ bigwedge ⋀ blacklozenge ⧫ blacksquare ▪ blacktriangle ▴ blacktriangledown ▾ blacktriangleleft ◂
blacktriangleright ▸ bowtie ⋈ boxdot ⊡ boxminus ⊟ boxplus ⊞ boxtimes ⊠ bullet ∙ bumpeq ≏ cancer ♋ cap ∩
capricornus ♑ cdot · cdots ⋯ chi χ circ ∘ circeq ≗ circlearrowleft ↺ circlearrowright ↻ circledS Ⓢ
circledast ⊛ circledcirc ⊚ circleddash ⊝ cite <cit.> citep <cit.> citet <cit.> clockoint ⨏ clwintegral ∱
complement ∁ cong ≅ coprod ∐ cref <ref> cup ∪ curlyeqprec ⋞ curlyeqsucc ⋟ curlyvee ⋎ curlywedge ⋏
curvearrowleft ↶ curvearrowright ↷ dag † dagger † daleth ℸ dashv ⊣ dblarrowupdown ⇅ ddddot ⃜ dddot ⃛
ddots ⋱ delta δ dh ð diagup ╱ diamond ♢ digamma ϝ div ÷ divideontimes ⋇ dj đ doteq ≐ doteqdot ≑
dotplus ∔ dots … dotsb … dotsc … dotsi … dotsm … dotso … downarrow ↓ downdownarrows ⇊ downharpoonleft ⇃
downharpoonright ⇂ downslopeellipsis ⋱ eighthnote ♪ ell ℓ emptyset ∅ epsilon ϵ eqcirc ≖ eqref (<ref>)
eqslantgtr ⪖ eqslantless ⪕ equiv ≡ estimates ≙ eta η eth ƪ exists ∃ fallingdotseq ≒ flat ♭ forall ∀
forcesextra ⊨ frown ⌢ gamma γ ge ≥ gemini ♊ geq ≥ geqq ≧ geqslant ⩾ gg ≫ gimel ℷ gnapprox ⪊ gneq ⪈
gneqq ≩ gnsim ⋧ greaterequivlnt ≳ gtrapprox ⪆ gtrdot ⋗ gtreqless ⋛ gtreqqless ⪌ gtrless ≷ gtrsim ≳
guillemotleft « guillemotright » guilsinglleft ‹ guilsinglright › hbar ħ hermitconjmatrix ⊹ homothetic ∻
hookleftarrow ↩ hookrightarrow ↪ hslash ℏ i ı id 𝕀 iddots ⋰ iiint ∭ iint ∬ ij ĳ image ⊷ in ∈ infty ∞
int ∫ intercal ⊺ iota ι j ȷ jupiter ♃ kappa κ l ł lVert ‖ lambda λ langle ⟨ lazysinv ∾ lceil ⌈ ldots …
le ≤ leftarrow ← leftarrowtail ↢ leftharpoondown ↽ leftharpoonup ↼ leftleftarrows ⇇ leftrightarrow ↔
leftrightarrows ⇆ leftrightharpoons ⇋ leftrightsquigarrow ↭ leftthreetimes ⋋ leo ♌ leq ≤ leqq ≦
leqslant ⩽ lessapprox ⪅ lessdot ⋖ lesseqgtr ⋚ lesseqqgtr ⪋ lessequivlnt ≲ lessgtr ≶ lesssim ≲ lfloor ⌊
libra ♎ ll ≪ llcorner ⌞ lmoustache ⎰ lnapprox ⪉ lneq ⪇ lneqq ≨ lnot ¬ lnsim ⋦ longleftarrow ⟵
longleftrightarrow ⟷ longmapsto ⟼ longrightarrow ⟶ looparrowleft ↫ looparrowright ↬ lozenge ◊ lrcorner ⌟
ltimes ⋉ male ♂ mapsto ↦ measuredangle ∡ mercury ☿ mho ℧ mp ∓ mu μ multimap ⊸ nLeftarrow ⇍
nLeftrightarrow ⇎ nRightarrow ⇏ nVDash ⊯ nVdash ⊮ nabla ∇ natural ♮ nearrow ↗ neptune ♆ neq ≠ nexists ∄
ng ŋ ngeq ≱ ngtr ≯ ni ∋ nleftarrow ↚ nleftrightarrow ↮ nleq ≰ nless ≮ nmid ∤ nolinebreak ⁠
notgreaterless ≹ notin ∉ notlessgreater ≸ nparallel ∦ nprec ⊀ nrightarrow ↛ nsubseteq ⊈ nsucc ⊁
nsupseteq ⊉ ntriangleleft ⋪ ntrianglelefteq ⋬ ntriangleright ⋫ ntrianglerighteq ⋭ nu ν nvDash ⊭ nvdash ⊬
nwarrow ↖ o ø odot ⊙ oe œ oint ∮ omega ω omicron ο ominus ⊖ openbracketleft 〚 openbracketright 〛 oplus ⊕
original ⊶ oslash ⊘ otimes ⊗ parallel ∥ partial ∂ perp ⊥ perspcorrespond ⩞ phi ϕ pi π pisces ♓
pitchfork ⋔ pluto ♇ pm ± prec ≺ precapprox ⪷ preccurlyeq ≼ precedesnotsimilar ⋨ preceq ≼ precnapprox ⪹
precneqq ⪵ precsim ≾ prod ∏ propto ∝ psi ψ quarternote ♩ quotedblbase „ quotesinglbase ‚ rVert ‖
rangle ⟩ rceil ⌉ recorder ⌕ ref <ref> rfloor ⌋ rho ρ rightangle ∟ rightanglearc ⊾ rightarrow →
rightarrowtail ↣ rightharpoondown ⇁ rightharpoonup ⇀ rightleftarrows ⇄ rightleftharpoons ⇌ rightmoon ☾
rightrightarrows ⇉ rightsquigarrow ⇝ rightthreetimes ⋌ risingdotseq ≓ rmoustache ⎱ rtimes ⋊
sagittarius ♐ saturn ♄ scorpio ♏ searrow ↘ setminus ∖ sharp ♯ sigma σ sim ∼ simeq ≃ smallsetminus ∖
smile ⌣ sphericalangle ∢ sqcap ⊓ sqcup ⊔ sqrint ⨖ sqsubset ⊏ sqsubseteq ⊑ sqsupset ⊐ sqsupseteq ⊒
square □ ss ß star ⋆ starequal ≛ subset ⊂ subseteq ⊆ subseteqq ⫅ subsetneq ⊊ subsetneqq ⫋ succ ≻
succapprox ⪸ succcurlyeq ≽ succeq ≽ succnapprox ⪺ succneqq ⪶ succnsim ⋩ succsim ≿ sum ∑ supset ⊃
supseteq ⊇ supseteqq ⫆ supsetneq ⊋ supsetneqq ⫌ surd √ surfintegral ∯ swarrow ↙ tau τ taurus ♉
textTheta ϴ textacutedbl ˝ textasciiacute ´ textasciibreve ˘ textasciicaron ˇ textasciicircum ˆ
textasciidieresis ¨ textasciimacron ¯ textasteriskcentered ⁎ textbaht ฿ textbigcircle ◯ textblank ␢
textbrokenbar ¦ textbullet • textcelsius ℃ textcent ¢ textcircledP ℗ textcolonmonetary ₡
textcompwordmark ‌ textcopyright © textcurrency ¤ textdagger † textdaggerdbl ‡ textdegree °
textdiscount ⁒ textdiv ÷ textdong ₫ textdoublepipe ǂ textdownarrow ↓ textellipsis … textemdash —
textendash – textestimated ℮ texteuro € textexclamdown ¡ textflorin ƒ textfractionsolidus ⁄
textglotstop ʔ texthvlig ƕ textinterrobang ‽ textlangle 〈 textleftarrow ← textlira ₤ textlnot ¬
textmho ℧ textmp ∓ textmu µ textmusicalnote ♪ textnaira ₦ textnrleg ƞ textnumero № textohm Ω
textonehalf ½ textonequarter ¼ textonesuperior ¹ textopenbullet ◦ textordfeminine ª textordmasculine º
textparagraph ¶ textperiodcentered ˙ textpertenthousand ‱ textperthousand ‰ textpeso ₱ textphi ɸ
textpm ± textquestiondown ¿ textquotedblleft “ textquotedblright ” textquoteleft ‘ textquoteright ’
textrangle 〉 textrecipe ℞ textreferencemark ※ textregistered ® textrightarrow → textschwa ə
textsection § textservicemark ℠ textsterling £ texttheta θ textthreequarters ¾ textthreesuperior ³
texttildelow ˜ texttimes × texttrademark ™ textturnk ʞ texttwosuperior ² textuparrow ↑ textvartheta ϑ
textvisiblespace ␣ textwon ₩ textyen ¥ th þ therefore ∴ theta θ tildetrpl ≋ times × to → top ⊤
triangledown ▿ triangleleft ◃ trianglelefteq ⊴ triangleq ≜ triangleright ▹ trianglerighteq ⊵ truestate ⊧
twoheadleftarrow ↞ twoheadrightarrow ↠ udots ⋰ ulcorner ⌜ uparrow ↑ updownarrow ↕ upharpoonleft ↿
upharpoonright ↾ uplus ⊎ upsilon υ upslopeellipsis ⋰ upuparrows ⇈ uranus ♅ urcorner ⌝ varepsilon ε
varkappa ϰ varnothing ∅ varperspcorrespond ⌆ varphi φ varpi ϖ varrho ϱ varsigma ς vartheta ϑ
vartriangle ▵ vartriangleleft ⊲ vartriangleright ⊳ vdash ⊢ vdots ⋮ vee ∨ veebar ⊻ venus ♀
verymuchgreater ⋙ verymuchless ⋘ virgo ♍ volintegral ∰ wedge ∧ wp ℘ wr ≀ xi ξ zeta ζ
`;

const NAMED =
  'arccos arccosh arcsin arcsinh arctan arctanh cos cosh exp inf lim ln log max min sin sinh sup tan tanh';

/** Macro name without its backslash to text. */
export const MACRO_TEXT: ReadonlyMap<string, string> = new Map([
  ...pairs(SYMBOLS),
  ...NAMED.split(' ').map((name): [string, string] => [name, name]),
  ...[...' #$&_{}'].map((char): [string, string] => [char, char]),
  [',', ' '],
  [':', ' '],
  [';', ' '],
  ['-', '\u00ad'],
  ['\\', '\n'],
  ['backslash', '\\'],
  ['textbackslash', '\\'],
  ['enskip', '\u2002'],
  ['quad', '  '],
  ['qquad', '    '],
  ['vspace', '\n'],
  ['lbrace', '{'],
  ['rbrace', '}'],
  ['liminf', 'lim inf'],
  ['limsup', 'lim sup'],
  ['lvert', '|'],
  ['rvert', '|'],
  ['vert', '|'],
  ['mid', '|'],
  ['prime', "'"],
  ['textquotesingle', "'"],
  ['textasciigrave', '`'],
  ['textasciitilde', '~'],
  ['textdollar', '$'],
]);

function pairs(table: string): [string, string][] {
  const words = table.trim().split(/\s+/);
  const out: [string, string][] = [];
  for (let i = 0; i + 1 < words.length; i += 2) out.push([words[i], words[i + 1]]);
  return out;
}

/** Code points at which the capital and the small letters of a mathematical alphabet begin. */
export const ALPHABETS: Readonly<Record<string, readonly [number, number]>> = {
  mathbf: [0x1d400, 0x1d41a],
  mathit: [0x1d434, 0x1d44e],
  mathsf: [0x1d5a0, 0x1d5ba],
  mathtt: [0x1d670, 0x1d68a],
  mathcal: [0x1d49c, 0x1d4b6],
  mathscr: [0x1d49c, 0x1d4b6],
  mathfrak: [0x1d504, 0x1d51e],
  mathbb: [0x1d538, 0x1d552],
};

/** Letters that Unicode had already placed elsewhere when it laid out the alphabets. */
export const ALPHABET_HOLES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mathit: { h: '\u210e' },
  mathcal: letters('BEFHILMRego', '\u212c\u2130\u2131\u210b\u2110\u2112\u2133\u211b\u212f\u210a\u2134'),
  mathscr: letters('BEFHILMRego', '\u212c\u2130\u2131\u210b\u2110\u2112\u2133\u211b\u212f\u210a\u2134'),
  mathfrak: letters('CHIRZ', '\u212d\u210c\u2111\u211c\u2128'),
  mathbb: letters('CHNPQRZ', '\u2102\u210d\u2115\u2119\u211a\u211d\u2124'),
};

function letters(from: string, to: string): Record<string, string> {
  return Object.fromEntries([...from].map((char, i) => [char, to[i]]));
}

/** The combining character that an accent macro puts on its argument. */
export const ACCENTS: ReadonlyMap<string, string> = new Map([
  ["'", '\u0301'],
  ['`', '\u0300'],
  ['"', '\u0308'],
  ['c', '\u0327'],
  ['^', '\u0302'],
  ['~', '\u0303'],
  ['H', '\u030b'],
  ['k', '\u0328'],
  ['=', '\u0304'],
  ['b', '\u0331'],
  ['.', '\u0307'],
  ['d', '\u0323'],
  ['r', '\u030a'],
  ['u', '\u0306'],
  ['v', '\u030c'],
  ['vec', '\u20d7'],
  ['dot', '\u0307'],
  ['hat', '\u0302'],
  ['check', '\u030c'],
  ['breve', '\u0306'],
  ['acute', '\u0301'],
  ['grave', '\u0300'],
  ['tilde', '\u0303'],
  ['bar', '\u0305'],
  ['ddot', '\u0308'],
  ['not', '\u0338'],
]);

/**
 * The arguments a macro takes: `{` one in braces (or a single token), `[` an optional one in brackets, `*` an optional
 * star. A macro that is not listed takes none, so its braces are read as a group that follows it.
 */
export const MACRO_ARGUMENTS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '{': `' \` " ^ ~ = . H b c d k r u v acute author autoref bar bibliography bra breve check cref Cref date ddot dot
      emph ensuremath eqref grave hat hint hints hypersetup include input ket keywords label mathbb mathbf mathcal
      mathfrak mathit mathrm mathscr mathsf mathtt mbox not overbrace overbracket overgroup overleftarrow
      overleftharpoon overleftrightarrow overline overlinesegment overrightarrow overrightharpoon ref text textbf textit
      textmd textrm textsc textsf textsl texttt textup tilde title underbrace underbracket undergroup underleftarrow
      underleftrightarrow underline underlinesegment underrightarrow url vec widehat wideparen widetilde`,
    '{{': 'braket frac ketbra nicefrac texorpdfstring',
    '{{{': 'boxframe',
    '[': 'item',
    '[{': 'color documentclass footnote hphantom includegraphics pagecolor selectlanguage sqrt usepackage vphantom xleftarrow xrightarrow',
    '[{{': 'addcounter addlength colorbox setcounter setlength textcolor',
    '[{{{': 'definecolor providecolor',
    '[{[{': 'colorlet',
    '[{[{{': 'fcolorbox',
    '*[': '\\',
    '*{': 'hspace vspace',
    '*{{': 'DeclareMathOperator',
    '*[{': 'chapter section subparagraph subsection subsubsection',
    '*[[{': 'cite citep citet',
    '*{[[{': 'newcommand providecommand renewcommand',
  }).flatMap(([spec, names]) => names.split(/\s+/).map((name): [string, string] => [name, spec])),
);

/** How a macro with arguments is written: `#1` and `#2` stand for the text of its arguments. */
export const MACRO_FORMAT: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '#1': `emph mathrm text textbf textit textrm textsc textsl overbrace overbracket overgroup overleftarrow
      overleftharpoon overleftrightarrow overline overlinesegment overrightarrow overrightharpoon underbrace
      underbracket undergroup underleftarrow underleftrightarrow underline underlinesegment underrightarrow widehat
      wideparen widetilde`,
    '#1/#2': 'frac nicefrac textfrac',
    '√(#2)': 'sqrt',
    '#3': 'textcolor colorbox',
    '#5': 'fcolorbox',
    '#2': 'texorpdfstring',
    '[#2]': 'footnote',
    '<#1>': 'url',
    'Hint:_#1': 'hint',
    'Hints:_#1': 'hints',
    '⟨#1|': 'bra',
    '|#1⟩': 'ket',
    '⟨#1|#2⟩': 'braket',
    '|#1⟩⟨#2|': 'ketbra',
  }).flatMap(([format, names]) =>
    names.split(/\s+/).map((name): [string, string] => [name, format.replace('_', ' ')]),
  ),
);
