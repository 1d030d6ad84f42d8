"""A content package of a few rows, with one of each kind of thing."""

from pathlib import Path

FILES = {
    "classes": "uuid,name,description\nclass-of-units-000000000000000000000,Units of Measure,\n",
    "sources": (
        "uuid,name,description,hl7,url\n"
        f"21A{'D' * 33},CIEL,CIEL,,https://cielterminology.org\n"
        f"6A{'D' * 34},LOINC,LOINC,LN,http://loinc.org\n"
    ),
    "concepts": (
        "code,uuid,name,class,datatype,units,decimals,high_absolute,answers,members,extend,codes\n"
        "32,{32},Malarial smear,Test,Coded,,,,703 Positive; 664 Negative,,,CIEL:32\n"
        "664,{664},Negative,Misc,N/A,,,,,,,CIEL:664\n"
        "703,{703},Positive,Misc,N/A,,,,,,,CIEL:703\n"
        "21,{21},Haemoglobin,Test,Numeric,g/dL,yes,30,,,,CIEL:21; LOINC:718-7 broader\n"
        "8,{8},Blood tests,ConvSet,N/A,,,,,21 Haemoglobin; 32 Malarial smear,yes,\n"
        "5,{5},Last result,Test,Coded,,,,703 Positive; 21 Haemoglobin,,yes,\n"
        "6,{6},Photograph,Misc,Complex,,,,,,,\n"
        "9,{9},Tablet,Units of Measure,N/A,,,,,,,CIEL:9\n"
        "10,{10},Once daily,Frequency,N/A,,,,,,,CIEL:10\n"
    ),
    "drugs": "uuid,name,concept,form,strength\ndrug-{7},Iron 60mg,703 Positive,9 Tablet,60mg\n",
    "frequencies": "uuid,concept,times_a_day\nfreq-{7},10 Once daily,1\n",
    "encounter_types": "uuid,name,description\nenct-{7},Vitals,\n",
    "encounter_roles": "uuid,name,description\nrole-{7},Clinician,\n",
    "visit_types": "uuid,name,description\nvist-{7},Facility Visit,\n",
    "identifier_types": "uuid,name,description,unique\nidnt-{7},ID Card,,yes\n",
    "attribute_types": "uuid,name,description,format\nattr-{7},Telephone,,java.lang.String\n",
    "programs": "uuid,name,description,concept\nprog-{7},Malaria care,,32 Malarial smear\n",
    "workflows": "uuid,program,concept\nwork-{7},prog-{7} Malaria care,703 Positive\n",
    "states": "uuid,workflow,concept,initial,terminal\nstat-{7},work-{7},664 Negative,yes,no\n",
    "services": "uuid,name,description,minutes\nserv-{7},Outpatients,,15\n",
    "settings": "name,value\norder.drugRoutesConceptUuid,{8}\n",
}


def concept_uuid(code: int) -> str:
    """Return the uuid of a concept by its number, as CIEL has them."""
    return str(code).ljust(36, "A")


def write_small_content(folder: Path) -> Path:
    """Write the package's files to `folder`."""
    folder.mkdir(exist_ok=True)
    for name, text in FILES.items():
        for code in (32, 664, 703, 21, 8, 5, 6, 9, 10):
            text = text.replace(f"{{{code}}}", concept_uuid(code))
        text = text.replace("-{7}", "-" + "7" * 31)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder
