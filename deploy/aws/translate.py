"""Translates a SAM template, as CloudFormation does: python translate.py packaged.yaml > translated.json"""

import json
import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names none."""

    def load(self):
        return {}


with open(sys.argv[1], encoding="utf8") as file:
    template = yaml_parse(file.read())
json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout)
