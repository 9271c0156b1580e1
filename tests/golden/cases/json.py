"""tf.Example messages in JSON: every rule of numbers, strings, base64, and what is no JSON."""
from cases_dsl import *

FLOAT_VALUES = ['1','1.5','-0','1e400','"1"','"1.5"','"NaN"','"Infinity"','"-Infinity"','"nan"','NaN','Infinity','null','3.4028235e38','3.5e38','1e39','"1e39"','0x10','01','.5','1.','+1','"+1"','" 1"','"1 "','true','1e-50','-0.0','1,','','[1]','"0x10"','"inf"','3.40282357e38','3.4028235677973366e+38','3.40282356779733672e+38','""', '"1e400"', '"-nan"', '"nan(x)"', '"infinity"', '-1e-400', '1.e5', '-.5', '-', '1e', '1e+5', '1-2', '"1.5f"', '"0x1.8p3"', '[1,[2,3],null]', '[[],[[]]]', '{}', "'2.5'", '1 2', ',1', '1,,2', '1.1754943508222875e-38', '1e-45', '0.1', '16777217']
INT_VALUES = ['1','-5','"5"','"-5"','9223372036854775807','"9223372036854775807"','9223372036854775808','-9223372036854775808','1.0','1e3','1.5','"1.0"','"1e3"','"1.5"','"0x10"','01','"01"','" 1"','-0','"-0"','null','true','1e18','1e19','9007199254740993','9007199254740993.0','"9223372036854775807.0"','-1e0','1E2','"+5"','+5','""','"1 "', '9007199254740992.0', '9007199254740994.0', '-9007199254740992e0', '-9223372036854775809', '"NaN"', '1e-1', '10e-1', '"١"', '[1,[2],[[3]]]']
BYTES_VALUES = ['"YQ=="','"YQ"','"YQ="','"YQ==="','"-_8="','"+/8="','"Y Q=="','"YQ\\n"','""','"Y"','"YR=="','"YWJj"','1','null','"Y\\u0051=="','"YQ==YQ=="','"-/8="',"'YQ=='",'"="','"YQ!!"','"YWI="','"YWJ="', '"YWI"', '"YWI=="', '"YWJj="', '"===="', '"YWJjZA"', '"YQ=\\u003d"', '["YQ",["Yg"]]', 'true', '"Y=Q="', '"é"']
TEXTS = ['{}','','null','[]','{"features":null}','{"features":{}}','{"features":{"feature":{}}}','{"features":{"feature":{"a":{}}}}','{"features":{"feature":{"a":null}}}','{"features":{"feature":null}}','{"x":1}','{"features":{},"features":{}}',
 '{"features":{"feature":{"a":{"bytesList":{}}}}}','{"features":{"feature":{"a":{"bytes_list":{"value":["YQ=="]}}}}}','{"features":{"feature":{"a":{"bytesList":null}}}}','{"features":{"feature":{"a":{"bytesList":{"value":null}}}}}',
 '{"features":{"feature":{"a":{"bytesList":{},"int64List":{}}}}}','{"features":{"feature":{"a":{"bytesList":null,"int64List":{}}}}}','{"features":{"feature":{"b":{},"a":{}}}}','{"features":{"feature":{"a":{"int64List":{"value":[1]}},"a":{"int64List":{"value":[2]}}}}}',
 '{"features":{"feature":{"":{}}}}',' { "features" : { } } ','{"features":{}} x','{"features":{}}{}','{"features":{},}',"{'features':{}}",'{features:{}}','{"\\u0066eatures":{}}','{"features":{"feature":{"\\u00e4\\ud83d\\ude00":{}}}}','{"features":{"feature":{"\\ud83d":{}}}}',b'{"features":{"feature":{"\xff":{}}}}','{"features":{"feature":{"ä":{}}}}',
 '{"features":{"feature":{"a\\nb\\t\\/\\"\\\\\\b\\f\\r":{}}}}','{"features":{"feature":{"a\nb":{}}}}','{"features":{"feature":{"\\x41":{}}}}','{"features":{"feature":[]}}','{"features":[]}','{"features":1}','{"features":"x"}','{"features":{"feature":{"a":1}}}','{"features":{"feature":{"a":{"int64List":[1]}}}}','{"features":{"feature":{"a":{"int64List":{"value":1}}}}}','{"features":{"feature":{"a":{"int64List":{"value":[1,null]}}}}}',
 '{"features":{"feature":{"a":{"int64List":{"value":[1],"value":[2]}}}}}','{"features":{"feature":{"a":{"int64List":{"value":[]}}}}}','{/*c*/}','{//c\n}','{"features":{"feature":{"a":{"int64List":{"x":[2]}}}}}','{"features":{"feature":{"a\\u0000b":{}}}}','{"features":','{"features":{"feature":{"a":{}','{"@type":"x"}','{"[x]":1}','\ufeff{}','{"features":{"feature":{"a":{"kind":1}}}}','{"features":{"feature":{"b":{"int64List":{"value":[3]}},"a":{"int64List":{"value":[1]}},"c":{"floatList":{"value":[2]}}}}}']
MORE = ['{"features":{"feature":{"a":[{}]}}}', '{"features":{"feature":{"a":{"int64List":[{}]}}}}', '{"features":{"feature":{"a":{"int64List":{},"int64List":{}}}}}', '{"features":{"feature":{"a":{},"a":null}}}',
        '{"features":{"feature":{},"feature":{"a":{}}}}', '{"features":{"feature":{"\\udc00":{}}}}', '{"features":{"feature":{"\\ud83d\\u0041":{}}}}', '{"features":{"feature":{"\\ud83dx":{}}}}', '{"features":{"feature":{"\\u12":{}}}}',
        b'{"features":{"feature":{"\xed\xa0\x80":{}}}}', b'{"features":{"feature":{"\xc0\x80":{}}}}', '{"features":{"feature":{"a\'b":{}}}}', "{'features':{'feature':{'a\"b':{}}}}", "{'features':{'feature':{'a\\'b':{}}}}", '{"features":{"feature":{"a',
        '{,}', '{"features"}', '{"features":{}', '{"features":{"feature":{"a":{}}}', '{features$:{}}', '{"features":nul}', '{"features":null,}', '{"features":nullx}', '{null:1}', '{1:{}}', '{features :\n{\tfeature\r:{ a : { floatList : { value : [ 1 , 2 , ] , } } } } }',
        '{"features":{"feature":{"a":{"floatList":null,"floatList":{"value":1}}}}}', '{"features":{"feature":{null:{}}}}', '{"features":{"feature":{a:{},$b:{}}}}', '{}\x00', '\x0b{}', '{"features":true}', '{"features":{"feature":{"a":{"bytesList":{"value":["YQ==","Yg=="]}}, "b":{"floatList":{"value":[0.5]}}}}}']


def of_list(kind, value):
    return '{"features":{"feature":{"a":{"%s":{"value":[%s]}}}}}' % (kind, value)


def case(what, written, name):
    written = written if isinstance(written, bytes) else written.encode()
    try:
        tf_run('DecodeJSONExample', [text(written)])
        refused = False
    except Exception:  # the recorder says again whether it is an error
        refused = True
    return Case('DecodeJSONExample', [text(written)], name=f'DecodeJSONExample {what} {name!r}', error=refused)


def cases():
    for kind, values in (('floatList', FLOAT_VALUES), ('int64List', INT_VALUES), ('bytesList', BYTES_VALUES)):
        for value in values:
            yield case(kind, of_list(kind, value), value)
    for written in TEXTS + MORE:
        yield case('text', written, written)
    for depth in (94, 95, 96, 97, 200):
        yield case('depth', of_list('int64List', '[' * depth + ']' * depth), depth)
    yield Case('DecodeJSONExample', [text([[b'{}', b'{"features":{}}']])])
    yield Case('DecodeJSONExample', [text([], (0, 2))])
    yield Case('DecodeJSONExample', [fed(text([b'{}']))])
    yield Case('DecodeJSONExample', [text([b'{}', b'{'])], error=True)
