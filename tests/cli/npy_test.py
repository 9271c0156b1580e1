"""How arrays travel: every type there and back, strings, what is refused, and literals."""
import struct

from command_case import CommandCase, identity, main, npy, placeholder, read_npy

# Type of the graph, of the file, one element as bytes.
TYPES = [
    ("DT_FLOAT", "<f4", struct.pack("<f", 1.5)), ("DT_DOUBLE", "<f8", struct.pack("<d", -0.1)), ("DT_HALF", "<f2", struct.pack("<e", 0.5)),
    ("DT_INT8", "|i1", b"\xfe"), ("DT_INT16", "<i2", b"\xfe\xff"), ("DT_INT32", "<i4", b"\xfe\xff\xff\xff"), ("DT_INT64", "<i8", b"\xfe" + b"\xff" * 7),
    ("DT_UINT8", "|u1", b"\xfe"), ("DT_UINT16", "<u2", b"\xfe\xff"), ("DT_UINT32", "<u4", b"\xfe\xff\xff\xff"), ("DT_UINT64", "<u8", b"\xfe" + b"\xff" * 7),
    ("DT_BOOL", "|b1", b"\x01"), ("DT_COMPLEX64", "<c8", struct.pack("<2f", 1, -2)), ("DT_COMPLEX128", "<c16", struct.pack("<2d", 1, -2)),
    ("DT_QINT8", "|i1", b"\xfe"), ("DT_QUINT8", "|u1", b"\xfe"), ("DT_QINT16", "<i2", b"\xfe\xff"), ("DT_QUINT16", "<u2", b"\xfe\xff"),
    ("DT_QINT32", "<i4", b"\xfe\xff\xff\xff"), ("DT_BFLOAT16", "<f4", struct.pack("<f", 1.5)),
]


class Npy(CommandCase):
    def through(self, dtype, argument, name="x"):
        """The header and data of what Identity gives for one --input."""
        model = self.model(placeholder("x", dtype), identity("y", "x", dtype))
        self.fine("run", model, "--input", argument, "--output", "y", "--save", self.dir)
        return read_npy(self.dir / "y.npy")

    def refused(self, dtype, data, *parts):
        model = self.model(placeholder("x", dtype), identity("y", "x", dtype))
        path = self.file("bad.npy", data)
        self.fails(1, ["'x'", *parts], "run", model, "--input", f"x={path}", "--output", "y")

    def test_every_type_and_shape(self):
        for dtype, descr, element in TYPES:
            for shape, count in [("()", 1), ("(3,)", 3), ("(2, 0)", 0), ("(1, 2, 1)", 2)]:
                with self.subTest(dtype=dtype, shape=shape):
                    path = self.file("x.npy", npy(descr, shape, element * count))
                    header, data = self.through(dtype, f"x={path}")
                    self.assertEqual(header, {"descr": descr, "fortran_order": False, "shape": eval(shape)})
                    self.assertEqual(data, element * count)

    def test_bfloat16_rounds_to_nearest_even(self):
        values = [1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, float("inf"), 3.4e38]
        path = self.file("x.npy", npy("<f4", "(5,)", struct.pack("<5f", *values)))
        data = self.through("DT_BFLOAT16", f"x={path}")[1]
        self.assertEqual(struct.unpack("<5f", data), (1.0, 1 + 2**-6, 1 + 2**-7, float("inf"), float("inf")))

    def test_strings(self):
        # One element: every byte is of the string; several: trailing zero bytes are padding.
        for shape, width, data, same in [("()", 4, b"a\0b\0", b"a\0b\0"), ("(1,)", 3, b"\0\0\0", b"\0\0\0"), ("(1, 1)", 2, b"ab", b"ab"),
                                         ("(2,)", 4, b"a\0b\0ab\0\0", b"a\0bab\0"), ("(2,)", 2, b"\0\0ab", b"\0\0ab")]:
            with self.subTest(shape=shape, data=data):
                path = self.file("x.npy", npy(f"|S{width}", shape, data))
                header, got = self.through("DT_STRING", f"x={path}")
                self.assertEqual((header["shape"], got), (eval(shape), same))
                self.assertEqual(header["descr"], f"|S{len(same) // (2 if shape == '(2,)' else 1)}")
        for shape in ["(0,)", "(2, 0)"]:
            path = self.file("x.npy", npy("|S5", shape, b""))
            self.assertEqual(self.through("DT_STRING", f"x={path}")[0]["shape"], eval(shape))
        # The empty string, alone and in company, as NumPy writes it and without any bytes.
        self.assertEqual(self.through("DT_STRING", f"x={self.file('x.npy', npy('|S1', '()', bytes(1)))}")[1], b"")
        self.assertEqual(self.through("DT_STRING", f"x=@{self.file('empty', b'')}"), ({"descr": "|S0", "fortran_order": False, "shape": ()}, b""))
        self.assertEqual(self.through("DT_STRING", f"x={self.dir}/y.npy")[0]["descr"], "|S0")
        self.assertEqual(self.through("DT_STRING", 'x==["", ""]'), ({"descr": "|S1", "fortran_order": False, "shape": (2,)}, b"\0\0"))

    def test_newer_versions_of_the_header(self):
        for version in [2, 3]:
            path = self.file("x.npy", npy("<f4", "(1,)", b"1234", version=version))
            self.assertEqual(self.through("DT_FLOAT", f"x={path}")[1], b"1234")

    def test_fortran_order(self):
        path = self.file("x.npy", npy("<f4", "(2,)", b"12345678", fortran=True))
        self.assertEqual(self.through("DT_FLOAT", f"x={path}")[1], b"12345678")
        path = self.file("x.npy", npy("|u1", "(2, 3)", b"adbecf", fortran=True))
        self.assertEqual(self.through("DT_UINT8", f"x={path}"), ({"descr": "|u1", "fortran_order": False, "shape": (2, 3)}, b"abcdef"))
        path = self.file("x.npy", npy("<i2", "(2, 1, 3, 2)", bytes(v for i in (0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11) for v in (i, 0)), fortran=True))
        self.assertEqual(self.through("DT_INT16", f"x={path}")[1], bytes(v for i in range(12) for v in (i, 0)))
        path = self.file("x.npy", npy("|S2", "(2, 2)", b"a\0ccbbd\0", fortran=True))
        self.assertEqual(self.through("DT_STRING", f"x={path}")[1], b"a\0bbccd\0")
        path = self.file("x.npy", npy("<f4", "(2, 0)", b"", fortran=True))
        self.assertEqual(self.through("DT_FLOAT", f"x={path}")[0]["shape"], (2, 0))

    def test_text_becomes_utf8(self):
        path = self.file("x.npy", npy("<U3", "(3,)", "ab\0\u00e9\0\0\U0001f600\0z".encode("utf-32-le")))
        self.assertEqual(self.through("DT_STRING", f"x={path}"),
                         ({"descr": "|S6", "fortran_order": False, "shape": (3,)}, b"ab\0\0\0\0\xc3\xa9\0\0\0\0\xf0\x9f\x98\x80\0z"))
        path = self.file("x.npy", npy("<U1", "()", bytes(4)))
        self.assertEqual(self.through("DT_STRING", f"x={path}")[1], b"")
        self.refused("DT_STRING", npy("<U1", "(2,)", b"a\0\0\0\0\xd8\0\0"), "element 1", "55296")
        self.refused("DT_STRING", npy("<U2", "(1,)", b"1234"), "8", "4")

    def test_refused(self):
        self.refused("DT_STRING", npy("|O", "(1,)", b"12345678"), "object", "'S'")
        self.refused("DT_FLOAT", npy(">f4", "(1,)", b"1234"), "big-endian")
        self.refused("DT_FLOAT", npy("<f16", "(1,)", b"1" * 16), "<f16")
        self.refused("DT_FLOAT", npy("<M8[s]", "(1,)", b"1" * 8), "<M8[s]")
        self.refused("DT_FLOAT", npy("<f4", "(1000,)", b"1234"), "4000", "4")
        self.refused("DT_FLOAT", npy("<f4", "(1,)", b"12345"), "4", "5")
        self.refused("DT_FLOAT", npy("<f4", f"({2**62}, {2**62})", b""), "too many")
        self.refused("DT_FLOAT", npy("<f4", f"({10**30},)", b""), "too large")
        self.refused("DT_FLOAT", npy("<f4", "(-1,)", b""), "shape")
        self.refused("DT_FLOAT", npy("<f4", "(1,)" * 0 + "(" + "1, " * 300 + ")", b"1234"), "254")
        self.refused("DT_FLOAT", b"PK\x03\x04 an npz", "not a .npy")
        self.refused("DT_FLOAT", b"\x93NUMPY\x04\x00" + bytes(20), "version 4")
        self.refused("DT_FLOAT", b"\x93NUMPY\x01\x00\xff\xff", "cut")
        self.refused("DT_FLOAT", npy("<f4", "(1,)", b"1234").replace(b"descr", b"dascr"), "descr")
        self.refused("DT_FLOAT", npy("<i8", "(1,)", bytes(8)), "float32", "int64")
        self.refused("DT_BFLOAT16", npy("<f8", "(1,)", bytes(8)), "bfloat16", "float64")
        self.refused("DT_QUINT8", npy("|i1", "(1,)", b"1"), "quint8", "int8")
        self.refused("DT_BOOL", npy("|u1", "(1,)", b"1"), "bool", "uint8")


class Literals(CommandCase):
    through = Npy.through

    def literal(self, dtype, text):
        header, data = self.through(dtype, f"x=={text}")
        return header["shape"], data

    def test_scalars(self):
        for dtype, text, data in [("DT_FLOAT", "0.5", struct.pack("<f", 0.5)), ("DT_FLOAT", "-inf", struct.pack("<f", float("-inf"))),
                                  ("DT_DOUBLE", "1e300", struct.pack("<d", 1e300)), ("DT_HALF", "65504", struct.pack("<e", 65504)),
                                  ("DT_INT64", str(-2**63), struct.pack("<q", -2**63)), ("DT_UINT64", str(2**64 - 1), b"\xff" * 8),
                                  ("DT_UINT8", "0x1f", b"\x1f"), ("DT_BOOL", "true", b"\1"), ("DT_BOOL", "0", b"\0"),
                                  ("DT_COMPLEX64", "1-2j", struct.pack("<2f", 1, -2)), ("DT_COMPLEX128", "-1e-3j", struct.pack("<2d", 0, -1e-3)),
                                  ("DT_COMPLEX64", "3", struct.pack("<2f", 3, 0)), ("DT_STRING", "two words", b"two words"),
                                  ("DT_STRING", "[not a list", b"[not a list"), ("DT_STRING", "a=b", b"a=b"), ("DT_QINT32", "-7", struct.pack("<i", -7)),
                                  ("DT_BFLOAT16", "1.5", struct.pack("<f", 1.5))]:
            with self.subTest(dtype=dtype, text=text):
                self.assertEqual(self.literal(dtype, text), ((), data))

    def test_lists(self):
        self.assertEqual(self.literal("DT_INT32", "[1, 2,3]"), ((3,), struct.pack("<3i", 1, 2, 3)))
        self.assertEqual(self.literal("DT_INT8", "[[1,2],[3,4],[5,6]]"), ((3, 2), bytes([1, 2, 3, 4, 5, 6])))
        self.assertEqual(self.literal("DT_BOOL", "[[[true]],[[false]]]"), ((2, 1, 1), b"\1\0"))
        self.assertEqual(self.literal("DT_FLOAT", "[]"), ((0,), b""))
        self.assertEqual(self.literal("DT_FLOAT", "[[],[]]"), ((2, 0), b""))
        self.assertEqual(self.literal("DT_STRING", '["yes", "no", "\\u00e9"]'), ((3,), b"yesno\0\xc3\xa9\0"))

    def test_refused_literals(self):
        for dtype, text in [("DT_INT32", "seven"), ("DT_INT32", "1.5"), ("DT_INT32", str(2**31)), ("DT_UINT8", "-1"), ("DT_UINT64", str(2**64)),
                            ("DT_BOOL", "yes"), ("DT_FLOAT", "1,2"), ("DT_FLOAT", "[1,2"), ("DT_FLOAT", "[1]2"), ("DT_FLOAT", "[1,]"), ("DT_FLOAT", "[1 2]x"),
                            ("DT_FLOAT", "[[1],2]"), ("DT_FLOAT", "[1,[2]]"), ("DT_FLOAT", "[[1,2],[3]]"), ("DT_FLOAT", "[,]"), ("DT_FLOAT", "[1]]"),
                            ("DT_COMPLEX64", "1+j2"), ("DT_FLOAT", "["), ("DT_FLOAT", "[[]")]:
            with self.subTest(dtype=dtype, text=text):
                model = self.model(placeholder("x", dtype), identity("y", "x", dtype))
                self.fails(2, ["'x'", "want"], "run", model, "--input", f"x=={text}", "--output", "y")


if __name__ == "__main__":
    main()
