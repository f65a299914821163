/** Commands of LaTeX that mathematics is written with: what KaTeX and amsmath know and answers use. */
const NAMES = `
  alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho sigma
  varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
  frac dfrac tfrac cfrac sqrt binom dbinom tbinom over choose
  sum prod int iint iiint oint lim limsup liminf sup inf max min arg det dim gcd deg ker hom Pr log ln lg exp
  sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth mod bmod pmod
  pm mp times div cdot cdots ldots dots vdots ddots dotsc ast star circ bullet oplus ominus otimes odot
  leq le geq ge neq ne lt gt ll gg equiv sim simeq approx cong propto parallel perp mid nmid
  in notin ni subset subseteq supset supseteq cup cap setminus emptyset varnothing forall exists nexists neg lnot land lor
  wedge vee to gets mapsto rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow longrightarrow implies
  impliedby iff uparrow downarrow nearrow searrow therefore because
  angle measuredangle triangle square Box blacksquare diamond degree prime infty partial nabla hbar ell Re Im
  overline underline overrightarrow overleftarrow overset underset stackrel overbrace underbrace widehat hat bar vec dot
  ddot tilde widetilde overarc wideparen
  left right big Big bigg Bigg bigl bigr Bigl Bigr middle langle rangle lfloor rfloor lceil rceil vert Vert lvert rvert lbrace
  rbrace lbrack rbrack backslash
  text textbf textit textrm texttt mathrm mathbf mathit mathbb mathcal mathfrak mathsf operatorname boldsymbol bm
  displaystyle textstyle limits nolimits quad qquad space phantom hspace vspace
  begin end hline item tag label nonumber cline multicolumn boxed fbox color cancel not
  dollar percent S P dagger ddagger copyright cr newline par section subsection textasciitilde
`;

export const LATEX_NAMES: ReadonlySet<string> = new Set(NAMES.split(/\s+/).filter((name) => name !== ''));
