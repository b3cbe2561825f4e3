"""What the matrix of clients and features shares, and the option that makes a page of its results."""

import pytest

from tests.broker.interop.certificates import Certificates
from tests.broker.interop.page import PageWriter


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-page", action="store_true", help="write docs/interoperability.md from this run")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--write-page", default=False):
        config.pluginmanager.register(PageWriter())


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))
