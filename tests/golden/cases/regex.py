"""Regular expressions of RE2 over strings: replaced, or matched as a whole."""
from cases_dsl import *

TEXTS = text([b'abcabc', b'', b'aaa', 'aéb漢c😀'.encode(), b'a\nb', b'a\0b', b'  two  words ', b'x=1;y=22', b'a\xffb\xc3', b'ABCabc', b'2021-03-04'])
PATTERNS = [b'b', b'', b'a*', b'a+', b'(a)(b)', b'(a)|(b)', b'.', b'(?s)a.b', b'a.b', b'(?i)ABC', b'\\s+', b'^', b'$', b'^a', b'b$', b'(?m)^b', b'\\w+', b'\\W', b'[^a-c]',
            b'(\\w)=(\\d+)', b'\\pL', b'[[:upper:]]+', b'\\bw', b'a{2}', b'a{2,}?', b'x*?', '[é-漢]'.encode(), b'\\x{1F600}', b'\\Q.\\E', b'(?P<y>\\d{4})-(?P<m>\\d\\d)', b'(?:ab)+c',
            b'a|ab|abc', b'\\0', b'\\C', b'(((((((((a)))))))))', b'\\d\\D', b'(?U)a+', b'\\A.*\\z']
REWRITES = [b'', b'X', b'<\\0>', b'\\2\\1', b'\\\\', b'\\', b'\\q', b'\\9', b'\xff', 'é'.encode()]
BAD = [b'(', b')', b'[a', b'a**', b'a(?=b)', b'(?<=a)b', b'\\1', b'*', b'a{1001}', b'(?P<n', b'\\', b'(?z)a', b'[b-a]', b'\\p{None}']


def cases():
    for pattern in PATTERNS:
        shown = pattern.decode()
        yield Case('RegexFullMatch', [TEXTS, const(text(pattern))], name=f'RegexFullMatch {shown}')
        yield Case('StaticRegexFullMatch', [TEXTS], dict(pattern=pattern), name=f'StaticRegexFullMatch {shown}')
        for rewrite in REWRITES if pattern in (b'(a)(b)', b'a*', b'') else (b'<\\0>',):
            for everywhere in (True, False):
                name = f'{shown} to {rewrite} {"everywhere" if everywhere else "once"}'
                yield Case('RegexReplace', [TEXTS, const(text(pattern)), const(text(rewrite))], dict(replace_global=everywhere), name=f'RegexReplace {name}')
                yield Case('StaticRegexReplace', [TEXTS], dict(pattern=pattern, rewrite=rewrite, replace_global=everywhere), name=f'StaticRegexReplace {name}')
    for pattern in BAD:
        one = text([b'a'])
        yield Case('RegexFullMatch', [one, text(pattern)], error=True, name=f'RegexFullMatch wrong {pattern}')
        yield Case('StaticRegexFullMatch', [one], dict(pattern=pattern), error=True, name=f'StaticRegexFullMatch wrong {pattern}')
        yield Case('RegexReplace', [one, text(pattern), text(b'x')], error=True, name=f'RegexReplace wrong {pattern}')
        yield Case('StaticRegexReplace', [one], dict(pattern=pattern, rewrite='x'), error=True, name=f'StaticRegexReplace wrong {pattern}')
    for shape in ((), (0,), (2, 0), (2, 3), (1, 2, 1, 2)):
        yield Case('RegexReplace', [rand('string', shape), text(b'[a-c]+'), text(b'<\\0>')])
        yield Case('RegexFullMatch', [rand('string', shape), text(b'.*[a-c].*')])
        yield Case('StaticRegexReplace', [rand('string', shape)], dict(pattern='[a-c]+', rewrite='<\\0>'))
        yield Case('StaticRegexFullMatch', [rand('string', shape)], dict(pattern='.*[a-c].*'))
    yield Case('RegexReplace', [fed(TEXTS), fed(text(b'a')), fed(text(b'x'))])
    yield Case('RegexFullMatch', [fed(TEXTS), fed(text(b'a*'))])
    yield Case('RegexReplace', [TEXTS, text([b'a']), text(b'x')], error=True)
    yield Case('RegexReplace', [TEXTS, text(b'a'), text([b'x'])], error=True)
    yield Case('RegexFullMatch', [TEXTS, text([b'a'])], error=True)
